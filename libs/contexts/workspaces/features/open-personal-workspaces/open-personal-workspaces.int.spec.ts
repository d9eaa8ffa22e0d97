import { enroll, signUp } from '@rookery/contexts/identity/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';
import { personalOf } from '../../testing';

describe('A personal workspace', () => {
  const system = sharedSystem();

  const personalRows = ({ id }: Person) =>
    system.sql<{ id: string; members: number }>(
      `SELECT id, (SELECT count(*)::int FROM workspaces.members WHERE workspace_id = w.id AND user_id = $1
                   AND role = 'owner') AS members
       FROM workspaces.workspaces w WHERE personal_of = $1`,
      [id],
    );
  /** Deletes the workspace that the worker has created, as if the account were older than this context. */
  const takeAway = async (person: Person) => {
    await eventually(async () => (await personalRows(person)).length === 1);
    await system.sql('DELETE FROM workspaces.workspaces WHERE personal_of = $1', [person.id]);
  };

  it('is created for every user who has verified the address', async () => {
    const ada = await signUp(system);
    await eventually(async () =>
      expect(await personalRows(ada)).toEqual([expect.objectContaining({ members: 1 })]),
    );
  });

  it('is created on the first request if it does not exist yet', async () => {
    const ada = await enroll(system);
    await takeAway(ada);
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => system.ask('GET /v1/workspaces', { token: ada.token })),
    );
    const ids = answers.map(({ body }) => body.data.map(({ id }: { id: string }) => id));
    expect(await personalRows(ada)).toMatchObject([{ members: 1 }]);
    const [row] = await personalRows(ada);
    for (const seen of ids) expect(seen).toEqual([row!.id]);
  });

  it('is created once by the worker for earlier accounts, but not for deleted ones', async () => {
    const [ada, bob, gone] = await Promise.all([enroll(system), enroll(system), enroll(system)]);
    for (const person of [ada, bob, gone]) await takeAway(person);
    const kept = await personalOf(system, bob);
    await system.sql(`UPDATE identity.users SET status = 'deleted' WHERE id = $1`, [gone.id]);
    // Starts at the first of these: earlier suites have left more accounts than a run handles.
    const before = [ada.id, bob.id, gone.id].sort()[0]!.replace(/.{12}$/, '000000000000');
    for (let slot = 0; slot < 2; slot += 1) {
      await system.sql('UPDATE workspaces.personal_backfill SET account_id = $1', [before]);
      await system.runSchedule('workspaces.open-earlier-personal-workspaces');
    }
    await eventually(async () => {
      const [row] = await system.sql<{ after: string | null }>(
        'SELECT account_id AS after FROM workspaces.personal_backfill',
      );
      expect(row).toEqual({ after: null });
    });
    expect(await personalRows(ada)).toMatchObject([{ members: 1 }]);
    expect(await personalRows(bob)).toMatchObject([{ id: kept, members: 1 }]);
    expect(await personalRows(gone)).toEqual([]);
  });
});
