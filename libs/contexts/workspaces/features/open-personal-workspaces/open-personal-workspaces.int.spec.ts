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
  /** Takes it away, as if the account were from before this context; the worker has made it. */
  const takeAway = async (person: Person) => {
    await eventually(async () => (await personalRows(person)).length === 1);
    await system.sql('DELETE FROM workspaces.workspaces WHERE personal_of = $1', [person.id]);
  };

  it('is there for everybody who has verified the address, without being asked for', async () => {
    const ada = await signUp(system);
    await eventually(async () =>
      expect(await personalRows(ada)).toEqual([expect.objectContaining({ members: 1 })]),
    );
  });

  it('is made for whoever asks first', async () => {
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

  it('is made by the worker for those who were there before, once, and for nobody who is gone', async () => {
    const [ada, bob, gone] = await Promise.all([enroll(system), enroll(system), enroll(system)]);
    for (const person of [ada, bob, gone]) await takeAway(person);
    const kept = await personalOf(system, bob);
    await system.sql(`UPDATE identity.users SET status = 'deleted' WHERE id = $1`, [gone.id]);
    // From the first of these on; the suites before this one have left more accounts than a slot takes.
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
