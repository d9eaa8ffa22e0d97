import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Client, Pool } from 'pg';
import Cursor from 'pg-cursor';
import { DataSource } from 'typeorm';
import { DatabaseSettings } from './settings';

/** Connections of their own: streams of a process at the same time. */
export const MAX_ROW_STREAMS = 4;
/** For a place, then 503. */
const MAX_WAIT_MS = 2_000;
const IDLE_MS = 10_000;

/** Rows of one statement, read as they are asked for. Whoever opens it closes it. */
export interface RowStream<Row> {
  /** Rows in their order, at most `batchSize` at a time; fails when the time of the stream is over. */
  batches(): AsyncGenerator<Row[]>;
  /** Gives the connection back, also in the middle; a second call does nothing. */
  close(): void;
}

/**
 * Reads long results for whoever takes them slowly, with memory for a batch of rows. Such a reader holds a connection
 * and a snapshot, so streams have a few connections of their own, each for a limited time: the pool of requests does
 * not notice them, and vacuum waits for none of them longer than that.
 */
@Injectable()
export class RowStreams implements OnApplicationShutdown {
  readonly pool: Pool;
  private readonly open = new Set<() => void>();

  constructor(dataSource: DataSource, { url }: DatabaseSettings) {
    const { applicationName, extra } = dataSource.options as unknown as {
      applicationName: string;
      extra: { options: string };
    };
    this.pool = new Pool({
      // A cursor waits between its batches: such a connection cannot be pipelined, and no answer comes in time.
      Client,
      connectionString: url,
      application_name: `${applicationName}-streams`,
      options: extra.options,
      lock_timeout: 2_000,
      max: MAX_ROW_STREAMS,
      connectionTimeoutMillis: MAX_WAIT_MS,
      idleTimeoutMillis: IDLE_MS,
      keepAlive: true,
    });
    this.pool.on('error', () => undefined); // of an idle connection, which the pool has closed
  }

  /**
   * Starts a statement, which PostgreSQL plans and runs once; its rows come as they are read.
   *
   * @param text with `$1…` parameters
   * @param batchSize rows in memory
   * @param limitMs milliseconds after which the connection is taken away, whatever has been read by then
   * @throws Error if no stream ends within 2 s
   */
  async start<Row>(
    text: string,
    values: readonly unknown[],
    batchSize: number,
    limitMs: number,
  ): Promise<RowStream<Row>> {
    const client = await this.pool.connect();
    // Whoever reads hears of it from the cursor.
    const lost = () => undefined;
    client.on('error', lost);
    const cursor = client.query(new Cursor<Row>(text, [...values]));
    let state: 'open' | 'finished' | 'late' = 'open';
    const end = (reason: 'finished' | 'late', reusable: boolean) => {
      if (state !== 'open') return;
      state = reason;
      clearTimeout(timer);
      this.open.delete(close);
      if (reusable) client.off('error', lost);
      client.release(!reusable); // left in the middle it is closed, which ends its statement at once
    };
    const close = () => end('finished', false);
    const timer = setTimeout(() => end('late', false), limitMs).unref();
    this.open.add(close);
    async function* batches(): AsyncGenerator<Row[]> {
      try {
        for (;;) {
          if (state === 'late') throw new Error(`The rows were not read within ${limitMs} ms.`);
          if (state === 'finished') return;
          const rows = await cursor.read(batchSize);
          if (rows.length > 0) yield rows;
          if (rows.length >= batchSize) continue;
          end('finished', true);
          return;
        }
      } finally {
        close();
      }
    }
    return { batches, close };
  }

  async onApplicationShutdown(): Promise<void> {
    for (const close of this.open) close();
    await this.pool.end();
  }
}
