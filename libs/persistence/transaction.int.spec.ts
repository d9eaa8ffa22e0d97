import type { EventEmitter } from 'node:events';
import { eventually } from '@rookery/testing';
import { TestLedger } from '@rookery/testing/ledger';
import { Client, type PoolClient } from 'pg';
import { ConnectionPool, isDatabaseUnavailable, Sql, Transaction, type TransactionOptions } from '.';

/** Terminates every connection of the ledger except the caller's own, like an administrator or a failing server. */
const TERMINATE = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'suite' AND pid <> pg_backend_pid()`;

describe('A transaction', () => {
  let ledger: TestLedger;
  let sql: Sql;
  let transaction: Transaction;
  let administrator: Client;

  beforeAll(async () => {
    ledger = await TestLedger.start();
    sql = ledger.get(Sql);
    transaction = ledger.get(Transaction);
    administrator = new Client({ connectionString: ledger.database.url });
    await administrator.connect();
    await administrator.query('CREATE SCHEMA suite');
    await administrator.query('CREATE TABLE suite.note (text text PRIMARY KEY)');
  });
  afterAll(async () => {
    await administrator.end();
    await ledger.stop();
  });
  beforeEach(() => administrator.query('TRUNCATE suite.note'));

  const write = (text: string) => sql.execute('INSERT INTO suite.note (text) VALUES ($1)', [text]);

  async function notes(): Promise<string[]> {
    const { rows } = await administrator.query<{ text: string }>('SELECT text FROM suite.note ORDER BY text');
    return rows.map(({ text }) => text);
  }

  async function openTransactions(): Promise<number> {
    const { rows } = await administrator.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'suite'
       AND state LIKE 'idle in transaction%'`,
    );
    return rows.length;
  }

  it('keeps prepared statements on the connection, and nothing else', async () => {
    const statements = await transaction.run(async () => {
      await sql.rows('SELECT $1::int AS prepared', [1]);
      expect(await sql.rowsUnprepared('SELECT $1::int AS planned', [2])).toEqual([{ planned: 2 }]);
      return sql.rows<{ statement: string }>('SELECT statement FROM pg_prepared_statements');
    });
    const kept = statements.map(({ statement }) => statement);
    expect(kept).toContain('SELECT $1::int AS prepared');
    expect(kept).not.toContain('SELECT $1::int AS planned');
  });

  it('returns what its work returns, and everything its work did is stored', async () => {
    const result = await transaction.run(async () => {
      await write('a');
      await write('b');
      expect(await notes()).toEqual([]);
      return 'both';
    });
    expect(result).toBe('both');
    expect(await notes()).toEqual(['a', 'b']);
  });

  it('throws what its work throws, and nothing its work did is stored', async () => {
    const failing = transaction.run(async () => {
      await write('a');
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await notes()).toEqual([]);
    expect(await openTransactions()).toBe(0);
  });

  it('includes nested work, and rolls it back with its own', async () => {
    const id = 'SELECT pg_current_xact_id()::text AS id';
    const failing = transaction.run(async () => {
      const outer = await sql.row(id);
      const inner = await transaction.run(async () => {
        await write('inner');
        return sql.row(id);
      });
      expect(inner).toEqual(outer);
      throw new Error('too late');
    });
    await expect(failing).rejects.toThrow('too late');
    expect(await notes()).toEqual([]);
  });

  it('holds no connection before its first statement', async () => {
    await transaction.run(async () => {
      expect(await openTransactions()).toBe(0);
      await transaction.outside(() => sql.row('SELECT 1'));
      expect(await openTransactions()).toBe(0);
      await sql.row('SELECT 1');
      expect(await openTransactions()).toBe(1);
    });
    expect(await openTransactions()).toBe(0);
  });

  it('calls back when the commit is visible to everybody', async () => {
    await administrator.query(`
      CREATE FUNCTION suite.dawdle() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(0.2); RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON suite.note DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION suite.dawdle()`);
    let seen: Promise<string[]> | undefined;
    await transaction.run(async () => {
      transaction.afterCommit(() => {
        seen ??= notes();
      });
      await write('a');
    });
    await administrator.query('DROP TRIGGER dawdle ON suite.note');
    expect(await seen).toEqual(['a']);
  });

  it('does not call back when it is rolled back', async () => {
    const callback = jest.fn();
    const failing = transaction.run(async () => {
      transaction.afterCommit(callback);
      await sql.execute('SELECT 1 / 0');
    });
    await expect(failing).rejects.toMatchObject({ code: '22012' });
    expect(callback).not.toHaveBeenCalled();
  });

  it('stays committed, and runs the other callbacks, if one throws', async () => {
    const other = jest.fn();
    await transaction.run(async () => {
      transaction.afterCommit(() => {
        throw new Error('of no interest');
      });
      transaction.afterCommit(other);
      await write('a');
    });
    expect(other).toHaveBeenCalledTimes(1);
  });

  it('is the only place to write: PostgreSQL refuses it elsewhere', async () => {
    await expect(write('a')).rejects.toMatchObject({ code: '25006' });
    await expect(transaction.run(() => transaction.outside(() => write('a')))).rejects.toMatchObject({
      code: '25006',
    });
    expect(await notes()).toEqual([]);
  });

  it('ends with its work: work that is still running cannot change anything', async () => {
    let open: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    let late: Promise<unknown> | undefined;
    await transaction.run(async () => {
      await write('a');
      late = gate.then(() => write('late'));
    });
    open!();
    await expect(late).rejects.toThrow('has already ended');
    expect(await notes()).toEqual(['a']);
  });

  it('does not pretend to have committed when a failed statement was swallowed', async () => {
    const failing = transaction.run(async () => {
      await write('a');
      await write('a').catch(() => undefined);
    });
    await expect(failing).rejects.toThrow('rolled back');
    expect(await notes()).toEqual([]);
  });

  describe('with statements that are left to the commit', () => {
    const send = (text: string) => sql.send('INSERT INTO suite.note (text) VALUES ($1)', [text]);

    it('stores them before it commits, also when there are no others', async () => {
      await transaction.run(async () => send('a'));
      expect(await notes()).toEqual(['a']);
    });

    it('keeps the order in which they were sent', async () => {
      await transaction.run(async () => {
        send('a');
        const moved = sql.execute(`UPDATE suite.note SET text = 'b' WHERE text = 'a'`);
        send('a');
        expect(await moved).toBe(1);
      });
      expect(await notes()).toEqual(['a', 'b']);
    });

    it('is rolled back and fails with the error of a failed statement', async () => {
      const failing = transaction.run(async () => {
        await write('a');
        send('a');
      });
      await expect(failing).rejects.toMatchObject({ code: '23505' });
      expect(await notes()).toEqual([]);
    });

    it('fails with the first error when later statements are rejected because of it', async () => {
      const failing = transaction.run(async () => {
        await write('a');
        send('a');
        await write('b');
      });
      await expect(failing).rejects.toMatchObject({ code: '23505' });
    });

    it('commits nothing when one of them fails before it is sent', async () => {
      const failing = transaction.run(async () => {
        await write('a');
        transaction.leaveToCommit(() => Promise.reject(new Error('never sent')));
      });
      await expect(failing).rejects.toThrow('never sent');
      expect(await notes()).toEqual([]);
    });
  });

  describe('of work that is done again after a crash', () => {
    /** What its commit is like, as a constraint that is checked at that moment sees it. */
    const commitOf = async (work: () => Promise<unknown>, options?: TransactionOptions): Promise<string> => {
      await transaction.run(async () => {
        await work();
        await sql.execute('INSERT INTO suite.commit DEFAULT VALUES');
      }, options);
      const { rows } = await administrator.query<{ kind: string }>('SELECT kind FROM suite.commit_kind');
      await administrator.query('TRUNCATE suite.commit_kind');
      return rows[0]!.kind;
    };

    beforeAll(() =>
      administrator.query(`
        CREATE TABLE suite.commit (at timestamptz DEFAULT now());
        CREATE TABLE suite.commit_kind (kind text);
        CREATE FUNCTION suite.note_kind() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN INSERT INTO suite.commit_kind VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER kind AFTER INSERT ON suite.commit DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION suite.note_kind()`),
    );

    it('waits for the disk by default', async () => {
      expect(await commitOf(() => write('a'))).toBe('on');
      expect(await commitOf(() => write('b'), { redone: true })).toBe('off');
    });

    it('waits for the disk if the inner transaction requires it', async () => {
      const inside = (options?: TransactionOptions) => () => transaction.run(() => write('a'), options);
      expect(await commitOf(inside(), { redone: true })).toBe('on');
      await administrator.query('TRUNCATE suite.note');
      expect(await commitOf(inside({ redone: true }), { redone: true })).toBe('off');
    });
  });

  it('gives its connection back however it ends', async () => {
    const endings = Array.from({ length: 60 }, (_, each) =>
      transaction.run(async () => {
        await write(`${each}`);
        if (each % 3 === 1) throw new Error('undone');
        if (each % 3 === 2) await sql.execute('SELECT 1 / 0');
      }),
    );
    const outcomes = await Promise.allSettled(endings);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
    expect(await notes()).toHaveLength(20);
    expect(await openTransactions()).toBe(0);
  });

  it.each([
    ['inside', <T>(work: () => Promise<T>) => transaction.run(work)],
    ['outside', <T>(work: () => Promise<T>) => work()],
  ])(
    'does not keep a connection on which the driver takes a statement for prepared that is not: %s',
    async (where, run) => {
      const read = (value: unknown) => run(() => sql.row(`SELECT $1::jsonb AS ${where}`, [value]));
      const circular: Record<string, unknown> = {};
      circular.self = circular;
      await expect(read(circular)).rejects.toThrow('circular');
      await read('{}').catch(() => undefined); // finds out
      expect(await read('{"a":1}')).toEqual({ [where]: { a: 1 } });
    },
  );

  it.each([
    ['statement_timeout', '5s'],
    ['lock_timeout', '2s'],
    ['idle_in_transaction_session_timeout', '10s'],
    ['default_transaction_read_only', 'on'],
    ['jit', 'off'],
  ])('works on connections whose %s is %s', async (setting, value) => {
    expect(Object.values((await sql.row(`SHOW ${setting}`))!)).toEqual([value]);
  });

  describe('whose connection is lost', () => {
    it('is replaced at once when the connection was idle in the pool', async () => {
      await Promise.all(
        Array.from({ length: 10 }, () => transaction.run(() => sql.row('SELECT pg_sleep(0.01)'))),
      );
      // What a suite before this has closed may take a moment to end.
      await eventually(async () => {
        const { rowCount } = await administrator.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'suite'`,
        );
        expect(rowCount).toBe(10);
      });
      const { rowCount } = await administrator.query(TERMINATE);
      expect(rowCount).toBe(10);
      // Connections whose end the pool has not noticed yet may fail, one query each.
      await Promise.allSettled(Array.from({ length: 10 }, () => sql.row('SELECT 1')));
      await Promise.all(Array.from({ length: 30 }, (_, each) => transaction.run(() => write(`${each}`))));
      expect(await notes()).toHaveLength(30);
    });

    it('fails as unavailable, stores nothing, and the pool opens a new one for the next caller', async () => {
      for (let round = 0; round < 15; round += 1) {
        const error = await transaction
          .run(async () => {
            await write('a');
            await administrator.query(TERMINATE);
            await write('b');
          })
          .catch((failure: unknown) => failure);
        expect(isDatabaseUnavailable(error)).toBe(true);
      }
      expect(await notes()).toEqual([]);
      await Promise.all(Array.from({ length: 30 }, (_, each) => transaction.run(() => write(`${each}`))));
      expect(await notes()).toHaveLength(30);
    });

    // The pool removes its error listener when it returns a connection, and TypeORM adds its own in a later microtask.
    it('fails as unavailable, without crashing the process, if the error arrives while the connection is taken from the pool', async () => {
      await transaction.run(() => write('a'));
      const unheard: unknown[] = [];
      ledger.get(ConnectionPool).pool.once('acquire', (client: PoolClient & { connection: EventEmitter }) => {
        queueMicrotask(() => {
          try {
            client.connection.emit('errorMessage', Object.assign(new Error('terminated'), { code: '57P01' }));
          } catch (error) {
            unheard.push(error); // an 'error' event without a listener: an uncaught exception anywhere else
          }
        });
      });
      const error = await transaction.run(() => write('b')).catch((failure: unknown) => failure);
      expect(unheard).toEqual([]);
      expect(isDatabaseUnavailable(error)).toBe(true);
      await transaction.run(() => write('c'));
      expect(await notes()).toEqual(['a', 'c']);
    });

    it('fails also when it was to commit next', async () => {
      const error = await transaction
        .run(async () => {
          await write('a');
          await administrator.query(TERMINATE);
        })
        .catch((failure: unknown) => failure);
      expect(isDatabaseUnavailable(error)).toBe(true);
      expect(await notes()).toEqual([]);
    });
  });
});
