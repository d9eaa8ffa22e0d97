import { newId } from '@rookery/domain';
import { enroll, newcomer } from '@rookery/contexts/identity/testing';
import { block, leave } from '@rookery/contexts/social/testing';
import { type Person, privateSystem, race, sharedSystem } from '@rookery/testing';
import { gather, personalOf } from '../../testing';

describe('Adding a member', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let eve: Person;

  beforeEach(async () => {
    [ada, bob, eve] = await Promise.all([enroll(system), enroll(system), enroll(system)]);
  });

  const add = ({ token }: Person, id: string, userId: string, role = 'member') =>
    system.ask(`POST /v1/workspaces/${id}/members`, { token, body: { userId, role } });
  const read = ({ token }: Person, id: string) => system.ask(`GET /v1/workspaces/${id}`, { token });

  it('adds them immediately, with an event that contains who did it', async () => {
    const id = await gather(system, ada);
    const { status, body } = await add(ada, id, bob.id, 'guest');
    expect({ status, body }).toMatchObject({
      status: 201,
      body: { userId: bob.id, role: 'guest', username: expect.any(String), joinedAt: expect.any(String) },
    });
    expect((await read(bob, id)).body).toMatchObject({ id, role: 'guest', membersCount: 2 });
    const told = await system.sql(
      `SELECT data, actor_id AS actor FROM messaging.outbox
       WHERE type = 'workspaces.member-added' AND data ->> 'userId' = $1 AND data ->> 'workspaceId' = $2`,
      [bob.id, id],
    );
    expect(told).toEqual([{ data: { workspaceId: id, userId: bob.id, role: 'guest' }, actor: ada.id }]);
  });

  it('requires the owner role', async () => {
    const id = await gather(system, ada, [[bob, 'member']]);
    expect((await add(bob, id, eve.id)).body.code).toBe('auth.forbidden');
    expect((await add(eve, id, eve.id)).status).toBe(404);
    expect((await read(eve, id)).status).toBe(404);
  });

  it('returns 404 for users whom the caller cannot see', async () => {
    const id = await gather(system, ada);
    await block(system, bob, ada);
    await block(system, ada, eve);
    const gone = await enroll(system);
    await leave(system, gone);
    for (const userId of [bob.id, eve.id, gone.id, newId()])
      expect(await add(ada, id, userId)).toMatchObject({
        status: 404,
        body: { code: 'resource.not-found' },
      });
    expect((await read(ada, id)).body.membersCount).toBe(1);
  });

  it('refuses a user who is already a member, also for two concurrent requests', async () => {
    const id = await gather(system, ada);
    const answers = await race(system, [() => add(ada, id, bob.id), () => add(ada, id, bob.id, 'guest')]);
    expect(answers.map(({ status }) => status)).toEqual([201, 409]);
    expect(answers[1]!.body.code).toBe('workspaces.already-member');
    expect((await read(bob, id)).body).toMatchObject({ role: 'member', membersCount: 2 });
  });

  it('does not bring back a user who has left by choice', async () => {
    const id = await gather(system, ada, [[bob, 'member']]);
    await system.ask(`DELETE /v1/workspaces/${id}/members/${bob.id}`, { token: bob.token });
    expect(await add(ada, id, bob.id)).toMatchObject({
      status: 422,
      body: { code: 'workspaces.invite-needed', errors: [{ path: 'userId' }] },
    });
    expect((await read(bob, id)).status).toBe(404);
  });

  it('brings back a user who was removed', async () => {
    const id = await gather(system, ada, [[bob, 'member']]);
    await system.ask(`DELETE /v1/workspaces/${id}/members/${bob.id}`, { token: ada.token });
    expect((await add(ada, id, bob.id)).status).toBe(201);
  });

  it('sends an invite to an address, whether or not it has an account', async () => {
    const id = await gather(system, ada);
    const unknown = newcomer().email;
    for (const email of [bob.email, unknown]) {
      const { status, body } = await system.ask(`POST /v1/workspaces/${id}/members`, {
        token: ada.token,
        body: { email, role: 'guest' },
      });
      expect({ status, body }).toMatchObject({ status: 201, body: { email, userId: null, role: 'guest' } });
    }
    expect((await read(bob, id)).status).toBe(404);
    const { body } = await system.ask(`GET /v1/workspaces/${id}/invites`, { token: ada.token });
    expect(body.data.map(({ email }: { email: string }) => email)).toEqual([unknown, bob.email]);
  });

  it('is not possible in a personal workspace', async () => {
    const id = await personalOf(system, ada);
    expect(await add(ada, id, bob.id)).toMatchObject({ status: 422, body: { code: 'workspaces.personal' } });
  });

  it.each([
    ['', { role: 'member' }],
    ['', { userId: newId(), email: 'ada@example.com', role: 'member' }],
    ['userId', { userId: 'nobody', role: 'member' }],
    ['role', { userId: newId() }],
    ['role', { userId: newId(), role: 'OWNER' }],
  ])('reports an invalid %s', async (path, body) => {
    const id = await gather(system, ada);
    const answer = await system.ask(`POST /v1/workspaces/${id}/members`, { token: ada.token, body });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  });
});

describe('The number of members', () => {
  const system = privateSystem({
    MAX_MEMBERS_PER_WORKSPACE: '3',
    RATE_LIMIT_ENABLED: 'true',
    RATE_LIMIT_WORKSPACES_ADMIT: '5/86400', // so that nothing comes back meanwhile
  });

  it('is limited, also for concurrent requests', async () => {
    const ada = await enroll(system);
    const others = await Promise.all([enroll(system), enroll(system), enroll(system)]);
    const id = await gather(system, ada);
    const answers = await race(
      system,
      others.map(
        ({ id: userId }) =>
          () =>
            system.ask(`POST /v1/workspaces/${id}/members`, {
              token: ada.token,
              body: { userId, role: 'guest' },
            }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 201, 409]);
    expect(answers.find(({ status }) => status === 409)!.body.code).toBe('workspaces.too-many-members');
  });

  it('is rate limited for each user who adds or invites', async () => {
    const eve = await enroll(system);
    const id = await gather(system, eve);
    const statuses: number[] = [];
    for (let nr = 0; nr < 6; nr += 1) {
      const { status } = await system.ask(`POST /v1/workspaces/${id}/members`, {
        token: eve.token,
        body: { userId: newId(), role: 'guest' },
      });
      statuses.push(status);
    }
    expect(statuses).toEqual([404, 404, 404, 404, 404, 429]);
  });
});
