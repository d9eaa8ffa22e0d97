import { newId } from '@rookery/domain';
import { enroll, newcomer } from '@rookery/contexts/identity/testing';
import { type Person, race, sharedSystem } from '@rookery/testing';

describe('Following a user', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
  });

  const follow = (who: Person, id: string) => system.ask(`PUT /v1/users/${id}/follow`, { token: who.token });
  const followed = () =>
    system.sql<{ type: string }>(
      `SELECT type FROM messaging.outbox WHERE data ->> 'userId' = $1 AND data ->> 'otherId' = $2 ORDER BY id`,
      [ada.id, bob.id],
    );

  it('lets a user follow immediately after signing up', async () => {
    expect(await follow(ada, bob.id)).toMatchObject({ status: 204, body: '' });
    expect(await followed()).toEqual([{ type: 'social.user-followed' }]);
  });

  it('follows once, however often and wherever it is requested', async () => {
    const answers = await race(
      system,
      Array.from({ length: 5 }, () => () => follow(ada, bob.id)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));
    expect(await followed()).toHaveLength(1);
  });

  it('ends once, however often it is repeated', async () => {
    await follow(ada, bob.id);
    for (let time = 0; time < 2; time += 1) {
      const ended = await system.ask(`DELETE /v1/users/${bob.id}/follow`, { token: ada.token });
      expect(ended).toMatchObject({ status: 204, body: '' });
    }
    expect(await followed()).toEqual([{ type: 'social.user-followed' }, { type: 'social.user-unfollowed' }]);
  });

  it('refuses to follow oneself', async () => {
    expect(await follow(ada, ada.id)).toMatchObject({
      status: 422,
      body: { code: 'social.self', errors: [{ path: 'id', params: { rule: 'other-user' } }] },
    });
  });

  it('returns 404 for a user who does not exist, has not verified yet, or for a malformed id', async () => {
    const { email, username, name } = newcomer();
    const [pending] = await system.sql<{ id: string }>(
      `INSERT INTO identity.users (id, version, email, username, name, role, status, password_hash, password_version, registered_at)
       VALUES (gen_random_uuid(), 1, $1, $2, $3, 'user', 'pending', '-', 1, now()) RETURNING id`,
      [email, username, name],
    );
    for (const id of [newId(), pending!.id, 'nobody']) {
      expect(await follow(ada, id)).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
    }
  });

  it('ends at 10,000 users, also for requests at once, and goes on when one is unfollowed', async () => {
    const carol = await enroll(system);
    await system.sql(
      `INSERT INTO social.relationships (id, version, user_id, other_id, followed_at)
       SELECT gen_random_uuid(), 1, $1, gen_random_uuid(), now() FROM generate_series(1, 9999)`,
      [ada.id],
    );
    const answers = await race(
      system,
      [bob, carol].map(
        ({ id }) =>
          () =>
            follow(ada, id),
      ),
    );
    const refused = answers.filter(({ status }) => status !== 204);
    expect(refused).toMatchObject([{ status: 409, body: { code: 'social.too-many-followed' } }]);
    const [first, other] = answers[0]!.status === 204 ? [bob, carol] : [carol, bob];
    expect((await follow(ada, first.id)).status).toBe(204);
    await system.ask(`DELETE /v1/users/${first.id}/follow`, { token: ada.token });
    expect((await follow(ada, other.id)).status).toBe(204);
  });
});
