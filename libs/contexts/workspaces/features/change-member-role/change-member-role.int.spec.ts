import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { leave } from '@rookery/contexts/social/testing';
import { type Person, race, sharedSystem } from '@rookery/testing';
import { gather, personalOf } from '../../testing';

describe('Changing the role of a member', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
  });

  const change = ({ token }: Person, id: string, userId: string, role: string) =>
    system.ask(`PATCH /v1/workspaces/${id}/members/${userId}`, { token, body: { role } });
  const told = (id: string) =>
    system.sql<{ data: object }>(
      `SELECT data FROM messaging.outbox
       WHERE type = 'workspaces.member-role-changed' AND data ->> 'workspaceId' = $1 ORDER BY id`,
      [id],
    );

  it('applies immediately, with an event; the same role again changes nothing', async () => {
    const id = await gather(system, ada, [[bob, 'guest']]);
    for (let twice = 0; twice < 2; twice += 1) {
      const { status, body } = await change(ada, id, bob.id, 'owner');
      expect({ status, body }).toMatchObject({ status: 200, body: { userId: bob.id, role: 'owner' } });
    }
    const { body } = await system.ask(`GET /v1/workspaces/${id}`, { token: bob.token });
    expect(body.role).toBe('owner');
    expect(await told(id)).toEqual([
      { data: { workspaceId: id, userId: bob.id, role: 'owner', previous: 'guest' } },
    ]);
  });

  it('requires the owner role, and is possible only for members', async () => {
    const id = await gather(system, ada, [[bob, 'member']]);
    expect((await change(bob, id, bob.id, 'owner')).body.code).toBe('auth.forbidden');
    expect((await change(bob, id, ada.id, 'guest')).body.code).toBe('auth.forbidden');
    for (const userId of [newId(), (await enroll(system)).id, 'no-id'])
      expect((await change(ada, id, userId, 'guest')).status).toBe(404);
    expect((await change(await enroll(system), id, bob.id, 'guest')).status).toBe(404);
    expect(await told(id)).toEqual([]);
  });

  it('is refused for the last owner', async () => {
    const id = await gather(system, ada, [[bob, 'member']]);
    expect(await change(ada, id, ada.id, 'member')).toMatchObject({
      status: 422,
      body: { code: 'workspaces.last-owner' },
    });
    expect((await change(ada, await personalOf(system, ada), ada.id, 'guest')).body.code).toBe(
      'workspaces.last-owner',
    );
  });

  it('does not count owners with deleted accounts', async () => {
    const id = await gather(system, ada, [[bob, 'owner']]);
    await leave(system, bob);
    expect((await change(ada, id, ada.id, 'member')).body.code).toBe('workspaces.last-owner');
  });

  it('leaves one owner if two step down at the same time', async () => {
    const id = await gather(system, ada, [[bob, 'owner']]);
    const answers = await race(
      system,
      [ada, bob].map((who) => () => change(who, id, who.id, 'member')),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 422]);
  });

  it('leaves one owner if two demote each other', async () => {
    const id = await gather(system, ada, [[bob, 'owner']]);
    const answers = await race(system, [
      () => change(ada, id, bob.id, 'member'),
      () => change(bob, id, ada.id, 'member'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 403]);
  });
});
