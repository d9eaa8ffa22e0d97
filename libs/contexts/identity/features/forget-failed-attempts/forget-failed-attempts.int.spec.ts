import { eventually, sharedSystem } from '@rookery/testing';

describe('forgetting failed attempts', () => {
  const system = sharedSystem();

  it('deletes all old ones, however many, and no others', async () => {
    await system.sql(
      `INSERT INTO identity.code_failures (address, failures, last_tried_at)
       SELECT sha256(convert_to('forgotten-' || number, 'UTF8')), 1,
              now() - CASE WHEN number = 0 THEN interval '0' ELSE interval '30 days' END
       FROM generate_series(0, 12000) AS number`,
    );
    const left = async () =>
      (
        await system.sql<{ old: number; fresh: number }>(
          `SELECT count(*) FILTER (WHERE last_tried_at < now() - interval '29 days')::int AS old,
                  count(*) FILTER (WHERE address = sha256('forgotten-0'))::int AS fresh
           FROM identity.code_failures`,
        )
      )[0]!;
    await system.runSchedule('identity.forget-failed-attempts');
    await eventually(async () => (await left()).old === 0);
    expect(await left()).toEqual({ old: 0, fresh: 1 });
  });
});
