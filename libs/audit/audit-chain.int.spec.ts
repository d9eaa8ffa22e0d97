import { NotFound, Rejection } from '@rookery/domain';
import { withWorkContext } from '@rookery/observability';
import { DatabaseSettings, migrate, Sql, Transaction } from '@rookery/persistence';
import { createTestDatabase } from '@rookery/testing/database';
import { TestLedger } from '@rookery/testing/ledger';
import { Client } from 'pg';
import { AuditChain, Audited, AuditLog, AuditTrail, readRoot, type Root, type Verdict, verifyAudit } from '.';

@Audited('suite.ring')
class Ring {}

describe('the hash chain of the audit log', () => {
  let ledger: TestLedger;
  let trail: AuditTrail;
  let chain: AuditChain;

  beforeAll(async () => {
    ledger = await TestLedger.start({ providers: [AuditTrail, AuditChain, AuditLog] });
    trail = ledger.get(AuditTrail);
    chain = ledger.get(AuditChain);
  });
  afterAll(() => ledger.stop());

  const ring = () => trail.around(new Ring(), (recorded) => ledger.run(async () => recorded(undefined)));
  const sealAll = async () => {
    while ((await chain.seal(50)) > 0);
  };
  const counts = async () => {
    const [row] = await ledger.sql<{ entries: number; seals: number; last: number; unsealed: number }>(
      `SELECT (SELECT count(*)::int FROM audit.entries) AS entries, (SELECT count(DISTINCT entry_id)::int FROM audit.seals) AS seals,
              (SELECT max(position)::int FROM audit.seals) AS last, (SELECT count(*)::int FROM audit.unsealed) AS unsealed`,
    );
    return row!;
  };

  /** Makes a forbidden change, checks the result of the verification, and undoes the change. */
  async function after(tampering: string[], known?: Root): Promise<Verdict> {
    let verdict: Verdict | undefined;
    const undone = new Error('undone');
    await ledger
      .run(async () => {
        const sql = ledger.get(Sql);
        for (const table of ['entries', 'seals'])
          await sql.execute(`ALTER TABLE audit.${table} DISABLE TRIGGER USER`);
        for (const statement of tampering) await sql.execute(statement);
        verdict = await chain.verify(known);
        throw undone;
      })
      .catch((error: unknown) => {
        if (error !== undone) throw error;
      });
    return verdict!;
  }

  const at = (position: number) => `(SELECT entry_id FROM audit.seals WHERE position = ${position})`;

  it('loses nothing with concurrent writers and three sealers', async () => {
    const writers = Array.from({ length: 8 }, async () => {
      for (let nr = 0; nr < 25; nr += 1) await ring();
    });
    const writing = new AbortController();
    const sealers = Array.from({ length: 3 }, async () => {
      while (!writing.signal.aborted) await chain.seal(7);
    });
    await Promise.all(writers);
    writing.abort();
    await Promise.all(sealers);
    await sealAll();
    expect(await counts()).toEqual({ entries: 200, seals: 200, last: 200, unsealed: 0 });
    expect(await chain.verify()).toMatchObject({ intact: true, root: { count: 200 }, waiting: 0 });
  });

  it('seals an entry whose transaction committed after those of younger entries', async () => {
    let commit: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (commit = resolve));
    let written: () => void = () => undefined;
    const isWritten = new Promise<void>((resolve) => (written = resolve));
    const late = ledger.run(async () => {
      await ring();
      written();
      await held;
    });
    await isWritten;
    await ring();
    await sealAll();
    const { last } = await counts();
    commit();
    await late;
    await sealAll();
    expect(await counts()).toMatchObject({ last: last + 1, entries: last + 1, unsealed: 0 });
    expect(await chain.verify()).toMatchObject({ intact: true });
  });

  it('seals entries again that a crashed sealer had started', async () => {
    await ring();
    const { last } = await counts();
    const crash = ledger.run(async () => {
      expect(await chain.seal()).toBe(1);
      throw new Error('crash');
    });
    await expect(crash).rejects.toThrow('crash');
    expect(await counts()).toMatchObject({ last, unsealed: 1 });
    expect(await chain.verify()).toMatchObject({ intact: true, waiting: 1 });
    expect(await chain.seal()).toBe(1);
    expect(await chain.verify()).toMatchObject({ intact: true, waiting: 0 });
  });

  it.each([
    ['a changed action', `UPDATE audit.entries SET action = 'other' WHERE id = ${at(10)}`],
    ['a changed actor', `UPDATE audit.entries SET actor_id = gen_random_uuid() WHERE id = ${at(10)}`],
    ['a changed outcome', `UPDATE audit.entries SET outcome = 'failed' WHERE id = ${at(10)}`],
    ['added details', `UPDATE audit.entries SET details = '{"a": 1}' WHERE id = ${at(10)}`],
    ['another time', `UPDATE audit.entries SET at = at + interval '1 us' WHERE id = ${at(10)}`],
    ['a deleted entry', `DELETE FROM audit.entries WHERE id = ${at(10)}`],
    ['a changed seal', `UPDATE audit.seals SET hash = sha256('') WHERE position = 10`],
    ['a deleted seal', `DELETE FROM audit.seals WHERE position = 10`],
  ])('notices %s, and names the first row that is wrong', async (_, statement) => {
    const [wrong] = await ledger.sql<{ id: string }>(
      `SELECT entry_id AS id FROM audit.seals WHERE position = 10`,
    );
    const verdict = await after([statement]);
    const deletedSeal = statement.startsWith('DELETE FROM audit.seals');
    const deletedEntry = statement.startsWith('DELETE FROM audit.entries');
    expect(verdict).toMatchObject(
      deletedSeal
        ? { intact: false, position: 11, reason: 'seal 10 is missing' }
        : {
            intact: false,
            position: 10,
            entryId: wrong!.id,
            ...(deletedEntry && { reason: 'the entry is missing' }),
          },
    );
  });

  it('notices two entries that changed places', async () => {
    const swap = [
      `UPDATE audit.seals SET position = -1 WHERE position = 10`,
      `UPDATE audit.seals SET position = 10 WHERE position = 11`,
      `UPDATE audit.seals SET position = 11 WHERE position = -1`,
    ];
    expect(await after(swap)).toMatchObject({ intact: false, position: 10 });
  });

  it('detects an entry that was hidden from the sealer', async () => {
    await ring();
    expect(await after([`DELETE FROM audit.unsealed`])).toMatchObject({ intact: false, position: null });
    await sealAll();
  });

  it('detects removed seals at the end, and with a root also removed entries', async () => {
    const root = await chain.root();
    const seals = `DELETE FROM audit.seals WHERE position > 100`;
    const entries = `DELETE FROM audit.entries WHERE id IN (SELECT entry_id FROM audit.seals WHERE position > 100)`;
    expect(await after([seals])).toMatchObject({ intact: false });
    expect(await after([entries, seals])).toMatchObject({ intact: true }); // not detectable from the database alone
    expect(await after([entries, seals], root)).toMatchObject({ intact: false, position: 101 });
  });

  it('detects with a root that the whole chain was rewritten', async () => {
    const root = readRoot(
      `10:${(await ledger.sql<{ hash: string }>(`SELECT encode(hash, 'hex') AS hash FROM audit.seals WHERE position = 10`))[0]!.hash}`,
    );
    const rewritten = [
      `UPDATE audit.entries SET action = 'other' WHERE id = ${at(5)}`,
      `DELETE FROM audit.seals`,
      `INSERT INTO audit.unsealed SELECT id FROM audit.entries`,
    ];
    const forged = ledger.run(async () => {
      const sql = ledger.get(Sql);
      for (const table of ['entries', 'seals'])
        await sql.execute(`ALTER TABLE audit.${table} DISABLE TRIGGER USER`);
      for (const statement of rewritten) await sql.execute(statement);
      await chain.seal(1_000);
      throw Object.assign(new Error('undone'), {
        verdicts: [await chain.verify(), await chain.verify(root)],
      });
    });
    await expect(forged).rejects.toMatchObject({
      verdicts: [{ intact: true }, { intact: false, position: 10 }],
    });
  });

  it('accepts its own root', async () => {
    expect(await chain.verify(await chain.root())).toMatchObject({ intact: true });
  });

  it.each(['entries', 'seals'])(
    'refuses a superuser to change, delete or truncate audit.%s',
    async (table) => {
      for (const statement of [
        `UPDATE audit.${table} SET ${table === 'seals' ? 'hash = hash' : 'action = action'}`,
        `DELETE FROM audit.${table}`,
        `TRUNCATE audit.${table}`,
      ]) {
        await expect(ledger.sql(statement)).rejects.toThrow('append-only');
      }
      await expect(
        ledger.run(async () => {
          await ledger.get(Sql).execute(`SET LOCAL session_replication_role = replica`);
          await ledger.get(Sql).execute(`DELETE FROM audit.${table}`);
        }),
      ).rejects.toThrow('append-only');
    },
  );

  it('can be migrated without a superuser, and revokes the right to change entries from the migrating role', async () => {
    const database = await createTestDatabase({ empty: true });
    const role = `owner_${Date.now()}`;
    const superuser = new Client({ connectionString: database.url });
    await superuser.connect();
    const url = new URL(database.url);
    const name = url.pathname.slice(1);
    await superuser.query(`CREATE ROLE ${role} LOGIN PASSWORD 'for-a-test'`);
    await superuser.query(`ALTER DATABASE ${name} OWNER TO ${role}`);
    await superuser.query(`GRANT CREATE ON SCHEMA public TO ${role}`);
    url.username = role;
    url.password = 'for-a-test';
    const owner = new Client({ connectionString: url.toString() });
    try {
      await migrate(url.toString(), () => undefined);
      await owner.connect();
      await owner.query(
        `INSERT INTO audit.entries (id, action, outcome, details, event_ids) VALUES (gen_random_uuid(), 'ring', 'done', '{}', '{}')`,
      );
      expect((await owner.query('SELECT 1 FROM audit.unsealed')).rowCount).toBe(1);
      for (const statement of [
        `UPDATE audit.entries SET action = action`,
        'DELETE FROM audit.entries',
        'TRUNCATE audit.entries',
        'UPDATE audit.seals SET hash = hash',
        'DELETE FROM audit.seals',
      ]) {
        await expect(owner.query(statement)).rejects.toMatchObject({
          code: '42501',
          message: expect.stringMatching(/^permission denied/),
        });
      }
    } finally {
      await owner.end();
      await superuser.end();
      await database.drop();
    }
    const again = new Client({ connectionString: ledger.database.url });
    await again.connect();
    await again.query(`DROP ROLE ${role}`);
    await again.end();
  });
});

describe('verifying the audit log from outside', () => {
  it('says whether the chain is intact, and which row is the first that is not', async () => {
    const ledger = await TestLedger.start({ providers: [AuditTrail, AuditChain] });
    try {
      for (let nr = 0; nr < 3; nr += 1)
        await ledger
          .get(AuditTrail)
          .around(new Ring(), (recorded) => ledger.run(async () => recorded(undefined)));
      await ledger.get(AuditChain).seal();
      const { count, hash } = await ledger.get(AuditChain).root();
      const settings = new DatabaseSettings({ DATABASE_URL: ledger.database.url });
      const said: string[] = [];
      const verify = (kept?: string) => verifyAudit(settings, kept, (line) => said.push(line));
      expect([await verify(), await verify(`3:${hash}`), await verify(`4:${hash}`)]).toEqual([
        true,
        true,
        false,
      ]);
      await expect(verify('nonsense')).rejects.toThrow('is not a root');

      const [second] = await ledger.sql<{ id: string }>(
        'SELECT entry_id AS id FROM audit.seals WHERE position = 2',
      );
      await ledger.sql('ALTER TABLE audit.entries DISABLE TRIGGER USER');
      await ledger.sql('UPDATE audit.entries SET outcome = $2 WHERE id = $1', [second!.id, 'failed']);
      expect(await verify()).toBe(false);
      expect(count).toBe(3);
      expect(said.at(0)).toContain(`Root 3:${hash}`);
      expect(said.at(-1)).toMatch(
        new RegExp(`^The audit chain is broken at position 2, entry ${second!.id}: `),
      );
    } finally {
      await ledger.stop();
    }
  });
});

describe('The origin digest of an entry', () => {
  it('survives the deletion of the origin, and detects a changed one', async () => {
    const ledger = await TestLedger.start({ providers: [AuditTrail, AuditChain, AuditLog] });
    try {
      const context = { correlationId: null, causationId: null, actorId: null, traceparent: null };
      const client = { ip: '203.0.113.7', userAgent: 'a browser' };
      await withWorkContext({ ...context, client }, () =>
        ledger.get(AuditTrail).around(new Ring(), (recorded) => ledger.run(async () => recorded(undefined))),
      );
      await ledger.get(AuditChain).seal();
      const verify = () => ledger.get(AuditChain).verify();
      await ledger.sql(`UPDATE audit.origins SET ip = '203.0.113.8'`);
      expect(await verify()).toMatchObject({ intact: false, position: 1 });
      await ledger.sql(`UPDATE audit.origins SET ip = '203.0.113.7', at = now() - interval '91 days'`);
      expect(await verify()).toMatchObject({ intact: true });
      const forget = (days: number) => ledger.run(() => ledger.get(AuditLog).forgetOldOrigins(days, 10));
      expect([await forget(92), await forget(90)]).toEqual([0, 1]);
      expect(await verify()).toMatchObject({ intact: true });
    } finally {
      await ledger.stop();
    }
  });
});

describe('a refused command inside another one', () => {
  it('needs no second connection, and is recorded if the outer command continues', async () => {
    const ledger = await TestLedger.start({ providers: [AuditTrail], poolSize: 1 });
    try {
      const trail = ledger.get(AuditTrail);
      @Audited('suite.outer')
      class Outer {}
      @Audited('suite.inner')
      class Inner {}
      const refuse = () => ledger.run<void>(() => Promise.reject(new Rejection(NotFound)));
      const inner = () => trail.around(new Inner(), refuse);
      await trail.around<void>(new Outer(), (recorded) =>
        ledger.run(async () => recorded(await inner().catch(() => undefined))),
      );
      const refused = trail.around(new Outer(), () => ledger.run(inner));
      await expect(refused).rejects.toThrow(Rejection);
      const rows = await ledger.sql(`SELECT action, outcome, code FROM audit.entries ORDER BY id`);
      expect(rows).toEqual([
        { action: 'suite.inner', outcome: 'rejected', code: 'resource.not-found' },
        { action: 'suite.outer', outcome: 'done', code: null },
        { action: 'suite.outer', outcome: 'rejected', code: 'resource.not-found' },
      ]);
      expect(ledger.get(Transaction).active).toBe(false);
    } finally {
      await ledger.stop();
    }
  });
});
