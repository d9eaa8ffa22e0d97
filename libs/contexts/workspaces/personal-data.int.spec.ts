import { enroll } from '@rookery/contexts/identity/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';
import { KNOWN_COLUMNS } from './personal-data';
import { gather, invite, onboard, personalOf } from './testing';

describe('Personal data in workspaces', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let eve: Person;

  beforeEach(async () => {
    [ada, bob, eve] = await Promise.all([enroll(system), enroll(system), enroll(system)]);
  });

  const read = ({ token }: Person, id: string) => system.ask(`GET /v1/workspaces/${id}`, { token });
  const remove = ({ token }: Person, id: string, { id: userId }: Person) =>
    system.ask(`DELETE /v1/workspaces/${id}/members/${userId}`, { token });

  /** Deletes the account with an expired grace period. */
  async function erase({ id, token }: Person): Promise<Record<string, Record<string, number>>> {
    await system.ask('DELETE /v1/me', { token });
    await system.sql(`UPDATE operations.operations SET due_at = now() WHERE user_id = $1`, [id]);
    await system.runSchedule('operations.begin-erasures');
    return eventually(async () => {
      const [operation] = await system.sql<{
        status: string;
        receipt: Record<string, Record<string, number>>;
      }>(`SELECT status, receipt FROM operations.operations WHERE user_id = $1 AND kind = 'erasure'`, [id]);
      return operation!.status === 'succeeded' && operation!.receipt;
    });
  }

  it('is exported: current and former memberships, without data of others', async () => {
    const personal = await personalOf(system, ada);
    const own = await onboard(system, ada, { name: 'Own' });
    const shared = await gather(system, bob, [
      [ada, 'guest'],
      [eve, 'member'],
    ]);
    const left = await gather(system, bob, [[ada, 'member']]);
    await remove(ada, left, ada);
    await invite(system, bob, left, { userId: ada.id });
    await invite(system, eve, await gather(system, eve), { email: ada.email });
    await invite(system, ada, own.id, { email: 'somebody.else@example.com' });
    const { body: asked } = await system.ask('POST /v1/me/exports', { token: ada.token });
    const exported = await eventually(async () => {
      const { status, body } = await system.ask(`GET /v1/operations/${asked.id}/result`, {
        token: ada.token,
      });
      return status === 200 && body.data.workspaces;
    });
    const memberships = new Map(
      exported.memberships.map((row: { workspaceId: string }) => [row.workspaceId, row]),
    );
    expect(memberships.size).toBe(3);
    expect(memberships.get(personal)).toMatchObject({ personal: true, role: 'owner', created: true });
    expect(memberships.get(own.id)).toMatchObject({
      name: 'Own',
      personal: false,
      role: 'owner',
      created: true,
    });
    expect(memberships.get(shared)).toMatchObject({
      role: 'guest',
      created: false,
      joinedAt: expect.any(String),
    });
    expect(exported.departures).toEqual([{ id: left }]);
    expect(exported.removals).toEqual([{ id: left, removedAt: expect.any(String) }]);
    expect(exported.invites).toMatchObject([{ workspaceId: left, email: null }, { email: ada.email }]);
    expect(exported.invitesSent).toMatchObject([{ workspaceId: own.id, role: 'member' }]);
    expect(JSON.stringify(exported)).not.toContain('somebody.else');
    for (const { id } of [bob, eve]) expect(JSON.stringify(exported)).not.toContain(id);
  });

  it('is erased with the account', async () => {
    await personalOf(system, ada);
    const shared = await gather(system, ada, [[bob, 'owner']]);
    const left = await gather(system, bob, [[ada, 'member']]);
    await remove(ada, left, ada);
    await invite(system, bob, left, { userId: ada.id });
    await invite(system, bob, left, { email: ada.email });
    const sent = await invite(system, ada, shared, { email: eve.email });
    expect((await erase(ada)).workspaces).toMatchObject({
      memberships: 2,
      invites: 3,
      departures: 1,
      removals: 1,
      creations: 1,
    });
    expect(await system.sql('SELECT 1 FROM workspaces.invites WHERE email = $1', [ada.email])).toEqual([]);
    // The remaining owner does not see invites of the erased user.
    const { body } = await system.ask(`GET /v1/workspaces/${shared}/invites`, { token: bob.token });
    expect(body.data).not.toContainEqual(expect.objectContaining({ id: sent.id }));
    for (const column of KNOWN_COLUMNS) {
      const [table, name] = column.split('.');
      await eventually(async () =>
        expect(await system.sql(`SELECT 1 FROM workspaces.${table} WHERE ${name} = $1`, [ada.id])).toEqual(
          [],
        ),
      );
    }
    expect((await read(bob, shared)).body).toMatchObject({ role: 'owner', membersCount: 1 });
  });

  it('makes the member who joined first the owner if none is left, before any guest', async () => {
    const id = await gather(system, ada, [
      [eve, 'guest'],
      [bob, 'member'],
    ]);
    await system.sql(
      `UPDATE workspaces.members SET joined_at = now() - interval '1 day' WHERE workspace_id = $1 AND user_id = $2`,
      [id, eve.id],
    );
    await erase(ada);
    expect((await read(bob, id)).body).toMatchObject({ role: 'owner', membersCount: 2 });
    expect((await read(eve, id)).body).toMatchObject({ role: 'guest' });
    const told = await system.sql<{ type: string; data: object }>(
      `SELECT type, data FROM messaging.outbox WHERE data ->> 'workspaceId' = $1
         AND type IN ('workspaces.member-role-changed', 'workspaces.member-removed') ORDER BY id`,
      [id],
    );
    expect(told.map(({ type }) => type).sort()).toEqual([
      'workspaces.member-removed',
      'workspaces.member-role-changed',
    ]);
    await erase(bob);
    expect((await read(eve, id)).body).toMatchObject({ role: 'owner', membersCount: 1 });
  });

  it('includes workspaces without other members, which are deleted', async () => {
    const personal = await personalOf(system, ada);
    const { id } = await onboard(system, ada);
    await erase(ada);
    const told = await system.sql<{ subject: string; data: object }>(
      `SELECT subject, data FROM messaging.outbox WHERE subject = ANY ($1) AND type = 'workspaces.workspace-deleted'`,
      [[personal, id]],
    );
    expect(new Map(told.map(({ subject, data }) => [subject, data]))).toEqual(
      new Map([
        [personal, { personal: true }],
        [id, { personal: false }],
      ]),
    );
    expect(
      await system.sql('SELECT 1 FROM workspaces.workspaces WHERE id = ANY ($1)', [[personal, id]]),
    ).toEqual([]);
  });

  it('is known: every column with user ids is listed', async () => {
    const columns = await system.sql<{ name: string }>(
      `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
       WHERE table_schema = 'workspaces' AND data_type = 'uuid' AND column_name <> 'workspace_id'
         AND table_name <> 'personal_backfill' AND (column_name <> 'id' OR table_name = 'people')`,
    );
    expect(columns.map(({ name }) => name).sort()).toEqual(KNOWN_COLUMNS);
  });
});
