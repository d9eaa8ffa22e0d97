import { enroll, newcomer, NOTICED_MS } from '@rookery/contexts/identity/testing';
import { eventually, type Person, race, privateSystem } from '@rookery/testing';

describe('giving roles', () => {
  const system = privateSystem();
  let admin: Person;

  beforeAll(async () => {
    admin = await enroll(system, { role: 'admin' });
  });

  const give = (by: Person, id: string, role: unknown) =>
    system.ask(`PUT /v1/admin/users/${id}/role`, { body: { role }, token: by.token });
  const statusOfGiving = async (by: Person, id: string, role: string) => (await give(by, id, role)).status;
  const roleOf = async (id: string) =>
    (await system.sql<{ role: string }>('SELECT role FROM identity.users WHERE id = $1', [id]))[0]!.role;

  it('requires the permission, then a fresh sign-in', async () => {
    const [boss, person] = [await enroll(system, { role: 'admin' }), await enroll(system)];
    const age = `UPDATE identity.sessions SET authenticated_at = now() - interval '16 minutes' WHERE user_id = ANY ($1)`;
    await system.sql(age, [[boss.id, person.id]]);
    expect(await give(person, boss.id, 'user')).toMatchObject({
      status: 403,
      body: { code: 'auth.forbidden' },
    });
    const stale = await give(boss, person.id, 'moderator');
    expect(stale).toMatchObject({ status: 403, body: { code: 'auth.mfa-required' } });
    expect(await roleOf(person.id)).toBe('user');
    expect(await statusOfGiving(admin, boss.id, 'user')).toBe(204);
  });

  it('takes effect within five seconds for tokens in use, both granting and revoking', async () => {
    const [person, third] = [await enroll(system), await enroll(system)];
    expect(await statusOfGiving(person, third.id, 'user')).toBe(403);
    expect(await give(admin, person.id, 'admin')).toMatchObject({ status: 204, body: '' });
    await eventually(async () => (await statusOfGiving(person, third.id, 'user')) === 204, NOTICED_MS);
    expect(await statusOfGiving(admin, person.id, 'user')).toBe(204);
    await eventually(async () => (await statusOfGiving(person, third.id, 'user')) === 403, NOTICED_MS);
    expect((await system.ask('GET /v1/me', { token: person.token })).body.role).toBe('user');
  });

  it('applies a change of the permissions of a role within five seconds', async () => {
    const [moderator, third] = [await enroll(system, { role: 'moderator' }), await enroll(system)];
    expect(await statusOfGiving(moderator, third.id, 'user')).toBe(403);
    await system.sql(`INSERT INTO identity.role_permissions VALUES ('moderator', 'users:role')`);
    await eventually(async () => (await statusOfGiving(moderator, third.id, 'user')) === 204, NOTICED_MS);
    await system.sql(
      `DELETE FROM identity.role_permissions WHERE role = 'moderator' AND permission = 'users:role'`,
    );
    await eventually(async () => (await statusOfGiving(moderator, third.id, 'user')) === 403, NOTICED_MS);
  });

  it('accepts a role that was added to the database', async () => {
    await system.sql(`INSERT INTO identity.roles VALUES ('auditor', 'user', 'Reads operations.')`);
    await system.sql(`INSERT INTO identity.role_permissions VALUES ('auditor', 'ops:read')`);
    const { id } = await enroll(system);
    expect(await statusOfGiving(admin, id, 'auditor')).toBe(204);
    expect(await roleOf(id)).toBe('auditor');
  });

  it('raises an event if something changed, and none otherwise', async () => {
    const { id } = await enroll(system);
    await give(admin, id, 'moderator');
    await give(admin, id, 'moderator');
    const events = await system.sql(
      `SELECT data, sequence, actor_id FROM messaging.outbox WHERE subject = $1 AND type = 'identity.role-changed'`,
      [id],
    );
    expect(events).toEqual([
      { data: { role: 'moderator', previous: 'user' }, sequence: 3, actor_id: admin.id },
    ]);
  });

  it('rejects invalid requests, in the order of the contract', async () => {
    const person = await enroll(system);
    const nobody = '01890000-0000-7000-8000-000000000000';
    expect((await system.ask(`PUT /v1/admin/users/${person.id}/role`)).status).toBe(401);
    expect(await give(person, nobody, 7)).toMatchObject({ status: 403, body: { code: 'auth.forbidden' } });
    expect(await give(admin, nobody, 7)).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
    expect(await give(admin, nobody, 'emperor')).toMatchObject({ status: 404 });
    expect(await give(admin, 'no-uuid', 'user')).toMatchObject({ status: 404 });
    const unknown = await give(admin, person.id, 'emperor');
    expect(unknown).toMatchObject({ status: 422, body: { code: 'identity.role-unknown' } });
  });

  it('returns 404 for unverified users', async () => {
    const form = newcomer();
    await system.ask('POST /v1/auth/register', { body: form });
    const [pending] = await system.sql<{ id: string }>('SELECT id FROM identity.users WHERE email = $1', [
      form.email,
    ]);
    expect(await statusOfGiving(admin, pending!.id, 'admin')).toBe(404);
    expect(await roleOf(pending!.id)).toBe('user');
  });

  it('removes the role from all admins except the last, also if they demote each other concurrently', async () => {
    const others = await Promise.all(Array.from({ length: 5 }, () => enroll(system, { role: 'admin' })));
    const admins = [admin, ...others];
    for (const each of admins) await give(each, each.id, 'admin'); // so that each is cached as an admin for 4 s
    const answers = await race(
      system,
      admins.map((by, index) => () => give(by, admins[(index + 1) % admins.length]!.id, 'user')),
      { inOrder: false },
    );
    const [{ left } = { left: [] }] = await system.sql<{ left: string[] }>(
      `SELECT array_agg(id) AS left FROM identity.users WHERE role = 'admin'`,
    );
    expect(left).toHaveLength(1);
    const refused = answers.filter(({ status }) => status === 422);
    expect(refused).toMatchObject([{ body: { code: 'identity.last-admin' } }]);
    admin = admins.find(({ id }) => id === left[0])!;
    expect(await statusOfGiving(admin, admin.id, 'user')).toBe(422);
    expect(await statusOfGiving(admin, admin.id, 'admin')).toBe(204);
  });

  it('lets the database refuse a role that does not exist', async () => {
    const { id } = await enroll(system);
    const cheating = system.sql(`UPDATE identity.users SET role = 'emperor' WHERE id = $1`, [id]);
    await expect(cheating).rejects.toThrow(/users_role_fkey/);
  });
});
