import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { type Person, race, sharedSystem } from '@rookery/testing';
import { gather, personalOf } from '../../testing';

describe('Removing a member', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let eve: Person;

  beforeEach(async () => {
    [ada, bob, eve] = await Promise.all([enroll(system), enroll(system), enroll(system)]);
  });

  const remove = ({ token }: Person, id: string, userId: string) =>
    system.ask(`DELETE /v1/workspaces/${id}/members/${userId}`, { token });
  const read = ({ token }: Person, id: string) => system.ask(`GET /v1/workspaces/${id}`, { token });
  const told = (id: string) =>
    system.sql<{ data: object; actor: string }>(
      `SELECT data, actor_id AS actor FROM messaging.outbox
       WHERE type = 'workspaces.member-removed' AND data ->> 'workspaceId' = $1 ORDER BY id`,
      [id],
    );

  it('ends their access immediately, with an event', async () => {
    const id = await gather(system, ada, [[bob, 'member']]);
    expect((await remove(ada, id, bob.id)).status).toBe(204);
    expect((await read(bob, id)).status).toBe(404);
    expect((await read(ada, id)).body.membersCount).toBe(1);
    expect(await told(id)).toEqual([
      { data: { workspaceId: id, userId: bob.id, reason: 'removed' }, actor: ada.id },
    ]);
    expect((await remove(ada, id, bob.id)).status).toBe(404);
  });

  it('allows every member to leave', async () => {
    const id = await gather(system, ada, [[bob, 'guest']]);
    expect((await remove(bob, id, bob.id)).status).toBe(204);
    expect(await told(id)).toEqual([
      { data: { workspaceId: id, userId: bob.id, reason: 'left' }, actor: bob.id },
    ]);
  });

  it('requires the owner role to remove others', async () => {
    const id = await gather(system, ada, [
      [bob, 'member'],
      [eve, 'guest'],
    ]);
    expect((await remove(bob, id, eve.id)).body.code).toBe('auth.forbidden');
    expect((await remove(eve, id, ada.id)).body.code).toBe('auth.forbidden');
    const stranger = await enroll(system);
    for (const userId of [ada.id, stranger.id]) expect((await remove(stranger, id, userId)).status).toBe(404);
    for (const userId of [stranger.id, newId()]) expect((await remove(ada, id, userId)).status).toBe(404);
    expect(await told(id)).toEqual([]);
  });

  it('is refused for the last owner, and in a personal workspace', async () => {
    const id = await gather(system, ada, [[bob, 'member']]);
    expect(await remove(ada, id, ada.id)).toMatchObject({
      status: 422,
      body: { code: 'workspaces.last-owner' },
    });
    expect((await remove(ada, await personalOf(system, ada), ada.id)).body.code).toBe('workspaces.personal');
  });

  it('leaves one owner if two leave at the same time', async () => {
    const id = await gather(system, ada, [[bob, 'owner']]);
    const answers = await race(
      system,
      [ada, bob].map((who) => () => remove(who, id, who.id)),
    );
    expect(answers.map(({ status }) => status)).toEqual([204, 422]);
    expect((await read(bob, id)).body).toMatchObject({ role: 'owner', membersCount: 1 });
  });

  it('leaves one owner if two remove each other', async () => {
    const id = await gather(system, ada, [[bob, 'owner']]);
    const answers = await race(system, [() => remove(ada, id, bob.id), () => remove(bob, id, ada.id)]);
    expect(answers.map(({ status }) => status)).toEqual([204, 404]);
  });
});
