import { enroll } from '@rookery/contexts/identity/testing';
import { type Person, race, sharedSystem } from '@rookery/testing';
import { gather, personalOf } from '../../testing';

describe('Deleting a workspace', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;

  beforeAll(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
  });

  const remove = ({ token }: Person, id: string) => system.ask(`DELETE /v1/workspaces/${id}`, { token });
  const read = ({ token }: Person, id: string) => system.ask(`GET /v1/workspaces/${id}`, { token });
  const told = (id: string) =>
    system.sql<{ data: object }>(
      `SELECT data FROM messaging.outbox WHERE subject = $1 AND type = 'workspaces.workspace-deleted'`,
      [id],
    );

  it('deletes it for all members, with one event', async () => {
    const id = await gather(system, ada, [
      [bob, 'owner'],
      [await enroll(system), 'guest'],
    ]);
    expect((await remove(ada, id)).status).toBe(204);
    for (const who of [ada, bob]) expect((await read(who, id)).status).toBe(404);
    expect(await system.sql('SELECT 1 FROM workspaces.members WHERE workspace_id = $1', [id])).toEqual([]);
    expect(await told(id)).toEqual([{ data: { personal: false } }]);
    expect((await remove(ada, id)).status).toBe(404);
  });

  it('requires the owner role, and is refused for a personal workspace', async () => {
    const id = await gather(system, ada, [[bob, 'member']]);
    expect((await remove(bob, id)).status).toBe(403);
    expect((await remove(await enroll(system), id)).status).toBe(404);
    const personal = await personalOf(system, ada);
    expect(await remove(ada, personal)).toMatchObject({ status: 422, body: { code: 'workspaces.personal' } });
    expect((await read(ada, personal)).status).toBe(200);
  });

  it('requires a recent authentication', async () => {
    const carol = await enroll(system);
    const id = await gather(system, carol);
    await system.sql(
      `UPDATE identity.sessions SET authenticated_at = now() - interval '16 min' WHERE user_id = $1`,
      [carol.id],
    );
    const [session] = await system.sql<{ id: string }>(
      'SELECT id FROM identity.sessions WHERE user_id = $1',
      [carol.id],
    );
    await system.fixture('identity.forgetSession', { sessionId: session!.id });
    const stale = await system.fixture<string>('identity.issueToken', { sessionId: session!.id });
    expect(await remove({ ...carol, token: stale }, id)).toMatchObject({
      status: 403,
      body: { code: 'auth.mfa-required' },
    });
    expect(await told(id)).toEqual([]);
  });

  it('returns 404 to the second of two concurrent requests', async () => {
    const id = await gather(system, ada, [[bob, 'owner']]);
    const answers = await race(
      system,
      [ada, bob].map((who) => () => remove(who, id)),
    );
    expect(answers.map(({ status }) => status)).toEqual([204, 404]);
    expect(await told(id)).toHaveLength(1);
  });
});
