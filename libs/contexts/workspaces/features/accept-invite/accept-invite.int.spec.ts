import { eventsAbout } from '@rookery/contexts/todos/testing';
import { enroll, newcomer, signUp } from '@rookery/contexts/identity/testing';
import { block } from '@rookery/contexts/social/testing';
import { type Person, race, sharedSystem } from '@rookery/testing';
import { gather, invite, inviteToken } from '../../testing';

describe('Accepting an invite', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let eve: Person;
  let id: string;

  beforeEach(async () => {
    [ada, bob, eve] = await Promise.all([enroll(system), enroll(system), enroll(system)]);
    id = await gather(system, ada);
  });

  const accept = ({ token }: Person, inviteOf: string) =>
    system.ask(`POST /v1/invites/${inviteOf}/accept`, { token });
  const read = ({ token }: Person) => system.ask(`GET /v1/workspaces/${id}`, { token });
  const tokenOf = ({ id: inviteId }: { id: string }) =>
    system.fixture<string>('workspaces.tokenOf', { inviteId });
  const remove = ({ token }: Person, { id: userId }: Person) =>
    system.ask(`DELETE /v1/workspaces/${id}/members/${userId}`, { token });
  const revoke = ({ token }: Person, inviteId: string) =>
    system.ask(`DELETE /v1/workspaces/${id}/invites/${inviteId}`, { token });

  it('is possible for a user who registers with the address and has verified it', async () => {
    const form = newcomer();
    await invite(system, ada, id, { email: form.email }, 'guest');
    const token = await inviteToken(system, form.email);
    const carol = await signUp(system, form);
    const { status, body } = await accept(carol, token);
    expect({ status, body }).toMatchObject({ status: 200, body: { id, role: 'guest', membersCount: 2 } });
    expect((await read(carol)).body).toEqual(body);
    expect(await accept(carol, token)).toMatchObject({
      status: 410,
      body: { code: 'workspaces.invite-closed' },
    });
  });

  it('is possible only for the addressee, also if others have the link', async () => {
    const byMail = await tokenOf(await invite(system, ada, id, { email: bob.email }));
    const byUser = await tokenOf(await invite(system, ada, id, { userId: bob.id }));
    for (const token of [byMail, byUser]) {
      for (const who of [eve, ada]) expect((await accept(who, token)).status).toBe(404);
      expect((await system.ask(`POST /v1/invites/${token}/accept`)).status).toBe(401);
    }
    expect((await accept(bob, `${byMail}x`)).status).toBe(404);
    expect((await accept(bob, byMail)).status).toBe(200);
    // Others still get 404.
    expect((await accept(eve, byMail)).status).toBe(404);
  });

  it('is possible for the new account of an address', async () => {
    const token = await tokenOf(await invite(system, ada, id, { email: bob.email }));
    const address = bob.email;
    await system.sql(`UPDATE identity.users SET email = 'left-' || email WHERE id = $1`, [bob.id]);
    await system.sql('UPDATE identity.users SET email = $2 WHERE id = $1', [eve.id, address]);
    expect((await accept(bob, token)).status).toBe(404);
    expect((await accept(eve, token)).status).toBe(200);
  });

  it('takes effect once for concurrent requests', async () => {
    const token = await tokenOf(await invite(system, ada, id, { userId: bob.id }));
    const answers = await race(
      system,
      [1, 2, 3].map(() => () => accept(bob, token)),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 410, 410]);
    expect((await read(bob)).body.membersCount).toBe(2);
  });

  it('is not possible after the invite has expired, was revoked or replaced', async () => {
    const expired = await invite(system, ada, id, { userId: bob.id });
    await system.sql(`UPDATE workspaces.invites SET expires_at = now() WHERE id = $1`, [expired.id]);
    expect((await accept(bob, await tokenOf(expired))).status).toBe(410);
    expect((await revoke(ada, expired.id)).status).toBe(404);

    const replaced = await invite(system, ada, id, { userId: bob.id });
    const revoked = await invite(system, ada, id, { userId: bob.id });
    expect((await accept(bob, await tokenOf(replaced))).status).toBe(410);
    expect((await revoke(eve, revoked.id)).status).toBe(404);
    expect((await revoke(ada, revoked.id)).status).toBe(204);
    expect((await revoke(ada, revoked.id)).status).toBe(404);
    expect((await accept(bob, await tokenOf(revoked))).status).toBe(410);
    expect((await read(bob)).status).toBe(404);
  });

  it('is not possible after the workspace was deleted', async () => {
    const token = await tokenOf(await invite(system, ada, id, { userId: bob.id }));
    await system.ask(`DELETE /v1/workspaces/${id}`, { token: ada.token });
    expect((await accept(bob, token)).status).toBe(410);
  });

  it.each([
    ['removed', 'DELETE', undefined],
    ['demoted', 'PATCH', { role: 'member' }],
  ])('is not possible after its sender was %s', async (_, method, body) => {
    id = await gather(system, ada, [[eve, 'owner']]);
    const token = await tokenOf(await invite(system, eve, id, { userId: bob.id }, 'owner'));
    const of = await invite(system, ada, id, { email: newcomer().email });
    await system.ask(`${method} /v1/workspaces/${id}/members/${eve.id}`, { token: ada.token, body });
    expect((await accept(bob, token)).status).toBe(410);
    const open = await system.ask(`GET /v1/workspaces/${id}/invites`, { token: ada.token });
    expect(open.body.data).toMatchObject([{ id: of.id }]);
  });

  it('is not possible after sender and addressee have blocked each other', async () => {
    const token = await tokenOf(await invite(system, ada, id, { userId: bob.id }));
    await block(system, ada, bob);
    expect((await accept(bob, token)).status).toBe(410);
    expect((await read(bob)).status).toBe(404);
  });

  it('brings back a user who has left, and who can be added again afterwards', async () => {
    id = await gather(system, ada, [[bob, 'member']]);
    await system.ask(`DELETE /v1/workspaces/${id}/members/${bob.id}`, { token: bob.token });
    expect((await accept(bob, await tokenOf(await invite(system, ada, id, { userId: bob.id })))).status).toBe(
      200,
    );
    await system.ask(`DELETE /v1/workspaces/${id}/members/${bob.id}`, { token: ada.token });
    const again = await system.ask(`POST /v1/workspaces/${id}/members`, {
      token: ada.token,
      body: { userId: bob.id, role: 'guest' },
    });
    expect(again.status).toBe(201);
  });

  it('does not bring back a removed user: earlier invites are no longer valid', async () => {
    const joined = await invite(system, ada, id, { userId: bob.id });
    const pending = await invite(system, ada, id, { email: bob.email });
    const later = newcomer().email;
    const elsewhere = await invite(system, ada, id, { email: later });
    await accept(bob, await tokenOf(joined));
    const again = await invite(system, ada, id, { email: eve.email });
    await remove(ada, bob);
    expect((await accept(bob, await tokenOf(pending))).status).toBe(410);
    const open = await system.ask(`GET /v1/workspaces/${id}/invites`, { token: ada.token });
    // If the invite to his address disappeared, it would reveal whose address it is.
    expect(open.body.data).toMatchObject([{ id: again.id }, { id: elsewhere.id }, { id: pending.id }]);
    expect(await eventsAbout(system, pending.id)).toEqual(['workspaces.member-invited']);
    expect((await revoke(ada, pending.id)).status).toBe(204);

    await system.sql('UPDATE identity.users SET email = $2 WHERE id = $1', [bob.id, later]);
    expect((await accept(bob, await tokenOf(elsewhere))).status).toBe(410);
    expect((await read(bob)).status).toBe(404);
    expect((await accept(bob, await tokenOf(await invite(system, ada, id, { email: later })))).status).toBe(
      200,
    );
  });

  it('brings back a user who has left only by an invite that was sent afterwards', async () => {
    id = await gather(system, ada, [[bob, 'guest']]);
    const before = await invite(system, ada, id, { email: bob.email }, 'owner');
    await remove(bob, bob);
    expect((await accept(bob, await tokenOf(before))).status).toBe(410);
  });

  it.each([
    ['before', [200, 204]],
    ['after', [204, 410]],
  ])('does not bring back a user if it happens just %s their removal', async (order, expected) => {
    id = await gather(system, ada, [[bob, 'member']]);
    const token = await tokenOf(await invite(system, ada, id, { email: bob.email }));
    const both = [() => accept(bob, token), () => remove(ada, bob)];
    const answers = await race(system, order === 'before' ? both : both.toReversed());
    expect(answers.map(({ status }) => status)).toEqual(expected);
    expect((await read(bob)).status).toBe(404);
  });

  it('does not change the role of a member', async () => {
    id = await gather(system, ada, [[bob, 'member']]);
    const token = await tokenOf(await invite(system, ada, id, { email: bob.email }, 'owner'));
    expect((await accept(bob, token)).body).toMatchObject({ role: 'member', membersCount: 2 });
  });

  it('is serialized with a concurrent removal of its sender', async () => {
    id = await gather(system, ada, [[eve, 'owner']]);
    const token = await tokenOf(await invite(system, eve, id, { userId: bob.id }));
    const [removed, accepted] = await race(system, [
      () => system.ask(`DELETE /v1/workspaces/${id}/members/${eve.id}`, { token: ada.token }),
      () => accept(bob, token),
    ]);
    expect([removed!.status, accepted!.status]).toEqual([204, 410]);
  });

  it('has a page that the link opens, with a strict content security policy', async () => {
    const { status, headers, body } = await system.ask('GET /invites?token=x');
    expect(status).toBe(200);
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*script-src 'sha256-/);
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(body).toContain('Join a workspace');
  });

  it('leaves no invite a month after it has ended', async () => {
    const [old, recent] = [
      await invite(system, ada, id, { userId: bob.id }),
      await invite(system, ada, id, { userId: eve.id }),
    ];
    await system.sql(`UPDATE workspaces.invites SET expires_at = now() - interval '31 days' WHERE id = $1`, [
      old.id,
    ]);
    await system.sql(`UPDATE workspaces.invites SET expires_at = now() - interval '29 days' WHERE id = $1`, [
      recent.id,
    ]);
    await system.runSchedule('workspaces.remove-old-invites');
    expect(await system.sql('SELECT id FROM workspaces.invites WHERE workspace_id = $1', [id])).toEqual([
      { id: recent.id },
    ]);
  });
});
