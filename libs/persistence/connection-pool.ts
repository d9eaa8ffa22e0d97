import { Injectable } from '@nestjs/common';
import { WaitBudget, workContext } from '@rookery/observability';
import { DataSource } from 'typeorm';
import type { Pool, PoolClient } from 'pg';
import { CONNECT_MS, NO_CONNECTION } from './ledger-client';

/** State of the pool of one process. */
export interface PoolState {
  /** Open connections, active or idle. */
  open: number;
  idle: number;
  /** Callers in the queue for a connection; those who gave up leave it some seconds later. */
  waiting: number;
  /** Maximum number of connections. */
  max: number;
}

/**
 * Waits for a connection of a pool.
 *
 * @param connect starts the wait
 * @param release returns a connection that arrives too late
 * @throws WaitBudgetSpent if none is available within 2 s, or within the remaining wait budget
 */
export function waitForConnection<T>(connect: () => Promise<T>, release: (late: T) => void): Promise<T> {
  const abandon = (pending: Promise<T>) => void pending.then(release, () => undefined);
  const waiting = () => new WaitBudget(CONNECT_MS, NO_CONNECTION).limit(connect, abandon);
  return workContext().waitBudget?.limit(waiting, abandon) ?? waiting();
}

/** The connections of this process to PostgreSQL. */
@Injectable()
export class ConnectionPool {
  constructor(private readonly dataSource: DataSource) {}

  /** Not in TypeORM's types. */
  get pool(): Pool {
    return (this.dataSource.driver as unknown as { master: Pool }).master;
  }

  /**
   * @returns a connection; release it
   * @throws WaitBudgetSpent as {@link waitForConnection}
   */
  connect(): Promise<PoolClient> {
    return waitForConnection(
      () => this.pool.connect(),
      (late) => late.release(),
    );
  }

  state(): PoolState {
    const { totalCount: open, idleCount: idle, waitingCount: waiting, options } = this.pool;
    return { open, idle, waiting, max: options.max };
  }
}
