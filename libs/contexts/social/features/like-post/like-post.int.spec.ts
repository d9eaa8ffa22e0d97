import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { block, publish } from '@rookery/contexts/social/testing';
import { eventually, type Person, race, sharedSystem } from '@rookery/testing';

describe('Liking a post', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let postId: string;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    postId = (await publish(system, ada)).id;
  });

  const like = (who: Person, id = postId) => system.ask(`PUT /v1/posts/${id}/like`, { token: who.token });
  const unlike = (who: Person, id = postId) =>
    system.ask(`DELETE /v1/posts/${id}/like`, { token: who.token });
  const read = (who: Person, known = '') =>
    system.ask(`GET /v1/posts/${postId}`, { token: who.token, headers: { 'if-none-match': known } });
  const raised = async (id = postId) =>
    (
      await system.sql<{ type: string }>(
        `SELECT type FROM messaging.outbox WHERE data ->> 'postId' = $1 ORDER BY id`,
        [id],
      )
    ).map(({ type }) => type);
  const counted = (likes: number) =>
    eventually(async () => expect((await read(ada)).body.likesCount).toBe(likes));

  it('shows it to the user at once, and counts it', async () => {
    expect(await like(bob)).toMatchObject({ status: 204, body: '' });
    expect((await read(bob)).body.liked).toBe(true);
    expect((await read(ada)).body.liked).toBe(false);
    await counted(1);
    expect(await raised()).toEqual(['social.post-liked']);
  });

  it('is part of the response: the ETag of the post changes, its version does not', async () => {
    const before = await read(bob);
    await like(bob);
    const after = await read(bob, String(before.headers.etag));
    expect(after).toMatchObject({ status: 200, body: { liked: true, version: before.body.version } });
  });

  it('raises nothing for a repetition, also a concurrent one', async () => {
    const answers = await race(
      system,
      Array.from({ length: 5 }, () => () => like(bob)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(5).fill(204));
    expect((await like(bob)).status).toBe(204);
    for (let time = 0; time < 2; time += 1) expect((await unlike(bob)).status).toBe(204);
    expect(await raised()).toEqual(['social.post-liked', 'social.post-unliked']);
    await counted(0);
  });

  it('ends as the last of concurrent likes and unlikes says', async () => {
    const answers = await race(
      system,
      [like, unlike, like, unlike, like].map((change) => () => change(bob)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(5).fill(204));
    expect((await read(bob)).body.liked).toBe(true);
    expect(await raised()).toEqual([
      'social.post-liked',
      'social.post-unliked',
      'social.post-liked',
      'social.post-unliked',
      'social.post-liked',
    ]);
    await counted(1);
  });

  it('returns 404 for a post that a block hides, in either direction, or that does not exist', async () => {
    const eve = await enroll(system);
    await block(system, ada, bob);
    await block(system, eve, ada);
    for (const who of [bob, eve]) {
      expect(await like(who)).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
      expect(await unlike(who)).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
    }
    for (const id of [newId(), 'nothing']) expect((await like(ada, id)).status).toBe(404);
    expect(await raised()).toEqual([]);
  });

  it('can be withdrawn from a post that can no longer be read', async () => {
    await like(bob);
    await block(system, ada, bob);
    expect((await like(bob)).status).toBe(404);
    expect((await unlike(bob)).status).toBe(204);
    expect((await unlike(bob)).status).toBe(404);
    await counted(0);
  });

  it('leaves nothing of a post that is deleted meanwhile', async () => {
    await like(ada);
    const [deleted, ...liked] = await race(system, [
      () => system.ask(`DELETE /v1/posts/${postId}`, { token: ada.token }),
      () => like(bob),
    ]);
    expect(deleted!.status).toBe(204);
    for (const { status } of liked) expect([204, 404]).toContain(status);
    await eventually(async () => {
      const left = await system.sql(
        `SELECT 1 FROM social.likes WHERE post_id = $1 UNION ALL SELECT 1 FROM social.like_changes WHERE post_id = $1
         UNION ALL SELECT 1 FROM social.like_counts WHERE post_id = $1`,
        [postId],
      );
      return left.length === 0;
    });
  });

  it('is shown by every list of posts', async () => {
    const marked = `swifts${Date.now().toString(36)}`;
    const { id } = await publish(system, ada, { title: marked });
    await system.ask(`PUT /v1/users/${ada.id}/follow`, { token: bob.token });
    await like(bob, id);
    for (const path of ['feed?search=' + marked, `users/${ada.id}/posts`, `posts?search=${marked}`]) {
      await eventually(async () => {
        const { body } = await system.ask(`GET /v1/${path}`, { token: bob.token });
        const post = (body.data as { id: string }[]).find((each) => each.id === id);
        expect([path, post]).toMatchObject([path, { liked: true, likesCount: 1 }]);
      });
    }
    const changed = await system.ask(`PATCH /v1/posts/${id}`, {
      token: ada.token,
      headers: { 'if-match': '*' },
      body: { content: 'More of them.' },
    });
    expect(changed.body).toMatchObject({ liked: false, likesCount: 1 });
  });
});
