import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityMetadata, type EntitySchema, type QueryRunner } from 'typeorm';
import type { PoolClient, QueryConfig, QueryResult, QueryResultRow } from 'pg';
import { waitForConnection } from './connection-pool';
import { leavesConnectionInDoubt, stateOf } from './failures';

/** SQLSTATE of every statement after one that failed. */
const IN_FAILED_TRANSACTION = '25P02';

const START = 'START TRANSACTION READ WRITE';
const PLAN_ONCE = 'SET LOCAL plan_cache_mode = force_generic_plan';

interface UnitOfWork {
  connection: Promise<Connection> | undefined;
  /** Statements that were sent without waiting for them; the commit is sent after them. None of them rejects. */
  sent: Promise<void>[];
  /** The error of the first of them that failed. */
  failure: unknown;
  afterCommit: (() => void | Promise<void>)[];
  /** Items that are sent once for the whole transaction, by the function that sends them. */
  collected: Map<(items: never[]) => void, unknown[]>;
  /** Whether the commit waits until it is on disk. */
  durable: boolean;
  byKey: boolean;
  closed: boolean;
}

/** Options of a transaction. */
export interface TransactionOptions {
  /**
   * The work is repeated if it is lost, so the commit does not have to wait for the disk: if PostgreSQL crashes,
   * commits of its last moments can be undone. A transaction that stores events or runs a command waits anyway.
   */
  redone?: boolean;
  /**
   * Its statements find rows by keys, so each is planned once per connection instead of once per execution: planning
   * costs several times as much as the lookup of a few rows. Not for statements that scan a table up to a `LIMIT`.
   */
  byKey?: boolean;
}

interface Connection {
  runner: QueryRunner;
  client: PoolClient;
}

/**
 * The ambient transaction. Code inside {@link Transaction.run} reads and writes through it implicitly; code outside can
 * only read. It starts with its first statement, so that earlier work of a handler (hashing, calls to Redis) holds no
 * connection.
 */
@Injectable()
export class Transaction {
  private readonly log = new Logger(Transaction.name);
  private readonly storage = new AsyncLocalStorage<UnitOfWork>();

  constructor(private readonly dataSource: DataSource) {}

  /**
   * Runs `work` in a transaction; joins the current one if there is one.
   *
   * @param options options of a new transaction; a joined one waits for the disk unless all callers allow otherwise
   * @returns what `work` returns, after the commit
   * @throws what `work` throws, after the rollback
   */
  async run<T>(
    work: () => Promise<T>,
    { redone = false, byKey = false }: TransactionOptions = {},
  ): Promise<T> {
    if (this.active) {
      if (!redone) this.waitForDisk();
      return work();
    }
    const unit: UnitOfWork = {
      connection: undefined,
      sent: [],
      failure: undefined,
      afterCommit: [],
      collected: new Map(),
      durable: !redone,
      byKey,
      closed: false,
    };
    let result: T;
    try {
      result = await this.storage.run(unit, work);
      if (unit.collected.size > 0) this.storage.run(unit, () => sendCollected(unit));
      unit.closed = true;
      if (unit.failure !== undefined) throw unit.failure; // it can have failed before it was sent
      if (unit.connection) {
        const committing = unit.connection.then(({ client }) => commit(client, unit.durable));
        const [command] = await Promise.all([committing, ...unit.sent]);
        if (unit.failure !== undefined) throw unit.failure;
        if (command !== 'COMMIT')
          throw new Error('A statement of the transaction failed, so the transaction was rolled back.');
        await (await unit.connection).runner.release();
      }
    } catch (error) {
      unit.closed = true;
      const cause = stateOf(error) === IN_FAILED_TRANSACTION ? (unit.failure ?? error) : error;
      await discard(unit, cause);
      throw cause;
    }
    await Promise.all(unit.afterCommit.map((callback) => this.callBack(callback)));
    return result;
  }

  /**
   * Runs `work` outside the current transaction: it reads committed data without starting the transaction, so that a
   * command can read before a slow step without holding a connection during it.
   */
  outside<T>(work: () => Promise<T>): Promise<T> {
    return this.storage.exit(work);
  }

  /** Whether the caller is inside a transaction. */
  get active(): boolean {
    return this.storage.getStore() !== undefined;
  }

  /**
   * Lets the commit wait for a statement of the current transaction. The commit is sent right after it; if the
   * statement has failed, PostgreSQL rolls back instead.
   *
   * @param meaning maps the error of the statement to the error of the transaction
   */
  leaveToCommit(send: () => Promise<unknown>, meaning: (error: unknown) => unknown = (error) => error): void {
    const unit = this.current();
    const failed = (error: unknown): void => {
      if (stateOf(error) !== IN_FAILED_TRANSACTION) unit.failure ??= meaning(error);
    };
    unit.sent.push(send().then(() => undefined, failed));
  }

  /**
   * Collects items during the current transaction, for one statement that is sent for all of them: after the work and
   * before the commit; never if the work fails.
   *
   * @param send gets all items of the transaction in order; must be the same function for each call
   */
  collect<Item>(item: Item, send: (items: Item[]) => void): void {
    const { collected } = this.current();
    const items = collected.get(send) as Item[] | undefined;
    if (items) items.push(item);
    else collected.set(send, [item]);
  }

  /** Makes the commit of the current transaction wait until it is on disk, whatever its options are. */
  waitForDisk(): void {
    this.current().durable = true;
  }

  /**
   * Calls back after the current transaction is committed; never if it is rolled back. {@link run} returns when all
   * callbacks are done; their errors are logged. Callbacks run outside the transaction and must be fast.
   */
  afterCommit(callback: () => void | Promise<void>): void {
    this.current().afterCommit.push(callback);
  }

  /** @returns how TypeORM maps the state of an aggregate. */
  mappingOf(schema: EntitySchema): EntityMetadata {
    return this.dataSource.getMetadata(schema);
  }

  /** Sends a statement in the current transaction, after those that were sent before. */
  query<Row extends QueryResultRow>(statement: QueryConfig): Promise<QueryResult<Row>> {
    // The same number of asynchronous steps for all statements and the commit: an additional step would change their
    // order.
    return this.connection().then(({ client }) => client.query<Row>(statement));
  }

  /** A failing callback does not undo the commit. */
  private async callBack(callback: () => void | Promise<void>): Promise<void> {
    try {
      await callback();
    } catch (error) {
      this.log.error(
        `A callback after the commit failed: ${(error as Error).message}`,
        (error as Error).stack,
      );
    }
  }

  private connection(): Promise<Connection> {
    const unit = this.current();
    if (unit.closed) throw new Error('The transaction of this work has already ended.');
    unit.connection ??= this.begin();
    return unit.connection;
  }

  private current(): UnitOfWork {
    const unit = this.storage.getStore();
    if (!unit)
      throw new Error('There is no transaction here: only commands and subscribers can change data.');
    return unit;
  }

  private async begin(): Promise<Connection> {
    const runner = this.dataSource.createQueryRunner();
    const client = await waitForConnection(
      () => runner.connect() as Promise<PoolClient>,
      () => void runner.release(),
    );
    // Sent together with the first statement, which fails if this one fails, because the session is read-only without
    // it.
    this.leaveToCommit(() => client.query(this.current().byKey ? `${START}; ${PLAN_ONCE}` : START));
    return { runner, client };
  }
}

function sendCollected({ collected }: UnitOfWork): void {
  for (const [send, items] of collected) send(items as never[]);
}

/** @returns `COMMIT`, or `ROLLBACK` if a statement failed */
async function commit(client: PoolClient, durable: boolean): Promise<string> {
  if (!durable) void client.query('SET LOCAL synchronous_commit = off').catch(() => undefined);
  return (await client.query('COMMIT')).command;
}

/** Rolls back. If the state of the connection is unknown, it is closed instead of returned to the pool. */
async function discard(unit: UnitOfWork, reason: unknown): Promise<void> {
  const connection = await unit.connection?.catch(() => undefined);
  if (!connection || connection.runner.isReleased) return;
  if (leavesConnectionInDoubt(reason)) void connection.client.end().catch(() => undefined);
  else
    await connection.client
      .query('ROLLBACK')
      .catch(() => void connection.client.end().catch(() => undefined));
  await connection.runner.release();
}
