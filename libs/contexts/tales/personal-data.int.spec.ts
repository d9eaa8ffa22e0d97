import { signUp } from '@rookery/contexts/identity/testing';
import { readTale, requestTale, settled, taleIs } from '@rookery/contexts/tales/testing';
import { eventually, sharedSystem } from '@rookery/testing';
import { KNOWN_COLUMNS } from './personal-data';

describe('The personal data of tales', () => {
  const system = sharedSystem();

  it('is exported', async () => {
    const ada = await signUp(system);
    const id = await requestTale(system, ada, { prompt: 'A lighthouse' });
    const tale = await taleIs(system, ada, id, 'ready');
    await system.sql(`INSERT INTO tales.usage VALUES ($1, '2026-01-02', 2, 300, 400, 5000)`, [ada.id]);
    const { body: asked } = await system.ask('POST /v1/me/exports', { token: ada.token });
    const { tales } = await eventually(async () => {
      const { status, body } = await system.ask(`GET /v1/operations/${asked.id}/result`, {
        token: ada.token,
      });
      return status === 200 && body.data;
    });
    expect(tales).toEqual({
      tales: [
        {
          id,
          status: 'ready',
          prompt: 'A lighthouse',
          interests: ['cats'],
          tone: 'calm',
          length: 'short',
          language: 'en',
          generator: 'embedded',
          title: tale.title,
          content: tale.content,
          words: tale.words,
          failure: null,
          requests: 1,
          createdAt: expect.any(String),
          requestedAt: expect.any(String),
          finishedAt: tale.finishedAt,
        },
      ],
      usage: [{ day: '2026-01-02', generations: 2, inputTokens: 300, outputTokens: 400, cost: 0.005 }],
    });
  });

  it('is erased with the account, also a tale that is being written', async () => {
    const ada = await signUp(system);
    const id = await requestTale(system, ada, { prompt: 'An unmistakable wish', length: 'long' });
    await eventually(async () => (await readTale(system, ada, id)).content !== undefined);
    await system.sql(`INSERT INTO tales.usage VALUES ($1, now()::date, 2, 300, 400, 5000)`, [ada.id]);
    await system.ask('DELETE /v1/me', { token: ada.token });
    const [{ status }] = (await system.sql('SELECT status FROM tales.tales WHERE id = $1', [id])) as [
      { status: string },
    ];
    expect(status).toBe('cancelled');
    await settled(system, id);
    await system.sql(`UPDATE operations.operations SET due_at = now() WHERE user_id = $1`, [ada.id]);
    await system.runSchedule('operations.begin-erasures');
    const receipt = await eventually(async () => {
      const [operation] = await system.sql<{ status: string; receipt: Record<string, object> }>(
        `SELECT status, receipt FROM operations.operations WHERE user_id = $1 AND kind = 'erasure'`,
        [ada.id],
      );
      return operation!.status === 'succeeded' && operation!.receipt;
    });
    expect(receipt['tales']).toEqual({ tales: 1, usage: 1 });
    await settled(system, id);
    for (const table of ['tales.tales', 'tales.usage', 'realtime.frames'])
      expect(await system.sql(`SELECT 1 FROM ${table} WHERE user_id = $1`, [ada.id])).toEqual([]);
    expect(await system.sql('SELECT 1 FROM tales.drafts WHERE tale_id = $1', [id])).toEqual([]);
    expect(await system.sql('SELECT 1 FROM messaging.outbox WHERE subject = $1', [id])).toEqual([]);
  });

  it('handles every column', async () => {
    const columns = await system.sql<{ table: string; columns: string[] }>(
      `SELECT table_name AS "table", array_agg(column_name::text ORDER BY column_name::text) AS columns
       FROM information_schema.columns WHERE table_schema = 'tales' GROUP BY table_name`,
    );
    expect(Object.fromEntries(columns.map((row) => [row.table, row.columns]))).toEqual(KNOWN_COLUMNS);
  });
});
