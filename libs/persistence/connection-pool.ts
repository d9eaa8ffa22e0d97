import { Injectable } from '@nestjs/common';
import { workContext } from '@rookery/observability';
import { DataSource } from 'typeorm';
import type { Pool, PoolClient } from 'pg';

/** State of the pool of one process. */
export interface PoolState {
  /** Open connections, active or idle. */
  open: number;
  idle: number;
  /** Callers that wait for a connection. */
  waiting: number;
  /** Maximum number of connections. */
  max: number;
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
   * @throws Error if none is available within 2 s, or within the remaining wait budget
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
