import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, Logger } from '@nestjs/common';
import { workContext } from '@rookery/observability';
import { DataSource, type EntityMetadata, type EntitySchema, type QueryRunner } from 'typeorm';
import type { PoolClient, QueryConfig, QueryResult, QueryResultRow } from 'pg';
import { leavesConnectionInDoubt, stateOf } from './failures';

/** SQLSTATE of every statement after one that failed. */
const IN_FAILED_TRANSACTION = '25P02';

const START = 'START TRANSACTION READ WRITE';
const PLAN_ONCE = 'SET LOCAL plan_cache_mode = force_generic_plan';

interface UnitOfWork {
  connection: Promise<Connection> | undefined;
  /** Statements on their way that nobody waits for; the commit is sent behind them. None of them rejects. */
  sent: Promise<void>[];
  /** What the first of them that failed failed of. */
  failure: unknown;
  afterCommit: (() => void | Promise<void>)[];
  /** Items that are sent once for the whole of it, by what sends them. */
  collected: Map<(items: never[]) => void, unknown[]>;
  /** Whether nobody is told that it is committed before that is on disk. */
  durable: boolean;
  byKey: boolean;
  closed: boolean;
}

/** What a transaction may be told of itself. */
export interface TransactionOptions {
  /**
   * Somebody does the work again when it turns out not to have happened, so the commit need not wait for the disk: when
   * PostgreSQL crashes, what it committed in its last moments may be undone. A transaction that stores events, or runs
   * a command, waits all the same.
   */
  redone?: boolean;
  /**
   * Its statements find rows by keys, so each is planned once for a connection instead of for each set of values:
   * planning costs several times what looking up a few rows does. Not for what walks a table up to a `LIMIT`.
   */
  byKey?: boolean;
}

interface Connection {
  runner: QueryRunner;
  client: PoolClient;
}

/**
 * The ambient transaction. Code inside {@link Transaction.run} reads and writes through it implicitly; code outside can
 * only read. It begins with its first statement, so that earlier work of a handler (hashing, calls to Redis) holds no
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
   * @param options of a new transaction; one that is joined waits for the disk unless all say that it need not
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
      if (unit.failure !== undefined) throw unit.failure; // it may have failed before it was sent
      if (unit.connection) {
        const committing = unit.connection.then(({ client }) => commit(client, unit.durable));
        const [command] = await Promise.all([committing, ...unit.sent]);
        if (unit.failure !== undefined) throw unit.failure;
        if (command !== 'COMMIT')
          throw new Error('A statement of the transaction had failed, so it was rolled back.');
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
   * Leaves it to the commit to wait for a statement of the current transaction. The commit is sent right behind it:
   * PostgreSQL answers it with a rollback when the statement has failed.
   *
   * @param meaning what the transaction fails with, given the error of the statement
   */
  leaveToCommit(send: () => Promise<unknown>, meaning: (error: unknown) => unknown = (error) => error): void {
    const unit = this.current();
    const failed = (error: unknown): void => {
      if (stateOf(error) !== IN_FAILED_TRANSACTION) unit.failure ??= meaning(error);
    };
    unit.sent.push(send().then(() => undefined, failed));
  }

  /**
   * Collects items over the current transaction, for a statement that is sent once for all of them: when its work is
   * done, before it is committed; never if the work fails.
   *
   * @param send is handed all items of the transaction in their order; the same function for each
   */
  collect<Item>(item: Item, send: (items: Item[]) => void): void {
    const { collected } = this.current();
    const items = collected.get(send) as Item[] | undefined;
    if (items) items.push(item);
    else collected.set(send, [item]);
  }

  /** Has the commit of the current transaction wait until it is on disk, whatever it was begun with. */
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

  /** Sends a statement in the current transaction, behind those that were sent before. */
  query<Row extends QueryResultRow>(statement: QueryConfig): Promise<QueryResult<Row>> {
    // One step for all of them and the commit: an additional one would let the next statement overtake.
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
    if (unit.closed) throw new Error('The transaction that this work belonged to is over.');
    unit.connection ??= this.begin();
    return unit.connection;
  }

  private current(): UnitOfWork {
    const unit = this.storage.getStore();
    if (!unit) throw new Error('There is no transaction here: changes are made by commands and subscribers.');
    return unit;
  }

  private async begin(): Promise<Connection> {
    const runner = this.dataSource.createQueryRunner();
    const connecting = () => runner.connect() as Promise<PoolClient>;
    const budget = workContext().waitBudget;
    const client = await (budget?.limit(connecting, () => void runner.release()) ?? connecting());
    // Together with the first statement, which fails as well where this does: a session is read-only without it.
    this.leaveToCommit(() => client.query(this.current().byKey ? `${START}; ${PLAN_ONCE}` : START));
    return { runner, client };
  }
}

function sendCollected({ collected }: UnitOfWork): void {
  for (const [send, items] of collected) send(items as never[]);
}

/** @returns `COMMIT`, or `ROLLBACK` where a statement had failed */
async function commit(client: PoolClient, durable: boolean): Promise<string> {
  if (!durable) void client.query('SET LOCAL synchronous_commit = off').catch(() => undefined);
  return (await client.query('COMMIT')).command;
}

/** Rolls back; a connection in doubt is closed instead of going back to the pool. */
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
