import { Injectable } from '@nestjs/common';
import { workContext } from '@rookery/observability';
import { DataSource } from 'typeorm';
import type { Pool, PoolClient } from 'pg';

/** What the pool of one process is doing. */
export interface PoolState {
  /** Connections that are open, at work or idle. */
  open: number;
  idle: number;
  /** Callers who wait for one. */
  waiting: number;
  /** Connections there may be at the same time. */
  max: number;
}

/** The connections of this process to PostgreSQL. */
@Injectable()
export class ConnectionPool {
  constructor(private readonly dataSource: DataSource) {}

  /** TypeORM does not say that its driver has one. */
  get pool(): Pool {
    return (this.dataSource.driver as unknown as { master: Pool }).master;
  }

  /**
   * @returns a connection; release it
   * @throws Error when there is none within 2 s, or within what is left of the work's time to wait
   */
  connect(): Promise<PoolClient> {
    const connecting = () => this.pool.connect();
    return workContext().waitBudget?.limit(connecting, (late) => late.release()) ?? connecting();
  }

  state(): PoolState {
    const { totalCount: open, idleCount: idle, waitingCount: waiting, options } = this.pool;
    return { open, idle, waiting, max: options.max };
  }
}
