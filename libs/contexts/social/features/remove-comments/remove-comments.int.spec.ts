import { enroll } from '@rookery/contexts/identity/testing';
import { comment, publish } from '@rookery/contexts/social/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';
import { Client } from 'pg';

describe('Removing the comments of a deleted post', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let postId: string;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    postId = (await publish(system, ada)).id;
  });

  const left = async () =>
    (
      await system.sql<{ count: number }>(
        'SELECT count(*)::int AS count FROM social.comments WHERE post_id = $1',
        [postId],
      )
    )[0]!.count;
  const write = (count: number) =>
    system.sql(
      `INSERT INTO social.comments (id, version, post_id, author_id, content, created_at, updated_at)
       SELECT gen_random_uuid(), 1, $1, $2, 'Many', now(), now() FROM generate_series(1, $3::int)`,
      [postId, bob.id, count],
    );

  it('happens after the deletion, and hides them immediately', async () => {
    const { id } = await comment(system, bob, postId);
    const client = new Client({ connectionString: system.addresses.databaseUrl, application_name: 'suite' });
    await client.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT 1 FROM social.comments WHERE id = $1 FOR UPDATE', [id]);
      expect((await system.ask(`DELETE /v1/posts/${postId}`, { token: ada.token })).status).toBe(204);
      for (const { token } of [ada, bob]) {
        expect((await system.ask(`GET /v1/comments/${id}`, { token })).status).toBe(404);
        expect((await system.ask(`GET /v1/posts/${postId}/comments`, { token })).status).toBe(404);
      }
      expect(await left()).toBe(1);
    } finally {
      await client.end();
    }
    await eventually(async () => (await left()) === 0);
    expect((await system.ask(`DELETE /v1/comments/${id}`, { token: bob.token })).status).toBe(404);
  });

  it('removes very many comments in batches until none is left', async () => {
    await write(2_500);
    expect((await system.ask(`DELETE /v1/posts/${postId}`, { token: ada.token })).status).toBe(204);
    await eventually(async () => (await left()) === 0);
    expect(
      await system.sql(
        `SELECT 1 FROM messaging.outbox WHERE type = 'social.comment-removal-continued' AND data->>'postId' = $1`,
        [postId],
      ),
    ).toHaveLength(2);
  });

  it('removes no comments of an existing post', async () => {
    const other = await publish(system, ada);
    const { id } = await comment(system, bob, other.id);
    await write(1);
    await system.ask(`DELETE /v1/posts/${postId}`, { token: ada.token });
    await eventually(async () => (await left()) === 0);
    expect((await system.ask(`GET /v1/comments/${id}`, { token: ada.token })).status).toBe(200);
  });
});
