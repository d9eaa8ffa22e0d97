import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, Logger } from '@nestjs/common';
import { workContext } from '@rookery/observability';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import type { PoolClient } from 'pg';
import { isDatabaseUnavailable } from './failures';

interface UnitOfWork {
  connection: Promise<Connection> | undefined;
  /** Promises that the commit waits for. */
  included: Promise<unknown>[];
  afterCommit: (() => void | Promise<void>)[];
  closed: boolean;
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
   * @returns what `work` returns, after the commit
   * @throws what `work` throws, after the rollback
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.active) return work();
    const unit: UnitOfWork = { connection: undefined, included: [], afterCommit: [], closed: false };
    let result: T;
    try {
      result = await this.storage.run(unit, work);
      while (unit.included.length > 0) await Promise.all(unit.included.splice(0));
      unit.closed = true;
      const connection = await unit.connection;
      if (connection) {
        const { command } = await connection.client.query('COMMIT');
        if (command !== 'COMMIT')
          throw new Error('A statement of the transaction had failed, so it was rolled back.');
        await connection.runner.release();
      }
    } catch (error) {
      unit.closed = true;
      await discard(unit, error);
      throw error;
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
   * Makes the current transaction wait for work that its caller may not await, and roll back if it fails.
   *
   * @returns `work`
   */
  include<T>(work: Promise<T>): Promise<T> {
    work.catch(() => undefined); // a failure is handled before the commit, unless the transaction has already failed
    this.current().included.push(work);
    return work;
  }

  /**
   * Calls back after the current transaction is committed; never if it is rolled back. {@link run} returns when all
   * callbacks are done; their errors are logged. Callbacks run outside the transaction and must be fast.
   */
  afterCommit(callback: () => void | Promise<void>): void {
    this.current().afterCommit.push(callback);
  }

  /** @returns the entity manager of the current transaction, for TypeORM mappings. */
  async manager(): Promise<EntityManager> {
    return (await this.connection()).runner.manager;
  }

  /** @returns the connection of the current transaction, for plain SQL. */
  async client(): Promise<PoolClient> {
    return (await this.connection()).client;
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
    try {
      await client.query('START TRANSACTION READ WRITE');
    } catch (error) {
      void client.end().catch(() => undefined);
      await runner.release();
      throw error;
    }
    Object.assign(runner, { isTransactionActive: true }); // TypeORM checks this before it locks rows
    return { runner, client };
  }
}

/** Rolls back; a connection in an unknown state is closed instead of returned to the pool. */
async function discard(unit: UnitOfWork, reason: unknown): Promise<void> {
  const connection = await unit.connection?.catch(() => undefined);
  if (!connection || connection.runner.isReleased) return;
  if (isDatabaseUnavailable(reason)) void connection.client.end().catch(() => undefined);
  else
    await connection.client
      .query('ROLLBACK')
      .catch(() => void connection.client.end().catch(() => undefined));
  await connection.runner.release();
}
