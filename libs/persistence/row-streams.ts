import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Client, type ClientConfig, Pool } from 'pg';
import Cursor from 'pg-cursor';
import { DataSource } from 'typeorm';
import { waitForConnection } from './connection-pool';
import { DatabaseSettings } from './settings';

/** Number of separate connections: maximum concurrent streams of a process. */
export const MAX_ROW_STREAMS = 4;
/** Milliseconds until a connection is open; callers wait less, see {@link waitForConnection}. */
const OPEN_MS = 5_000;
const IDLE_MS = 10_000;

/**
 * A cursor waits between batches, so these connections are not pipelined and have no response timeout. Like every
 * connection, they always have an error listener (see `LedgerClient`); the reader gets the error from the cursor.
 */
class StreamClient extends Client {
  constructor(config?: ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}

/** Rows of one statement, read on demand. The caller that opens it must close it. */
export interface RowStream<Row> {
  /** Rows in order, at most `batchSize` at a time. Fails when the time limit of the stream is exceeded. */
  batches(): AsyncGenerator<Row[]>;
  /** Releases the connection, even before the end; a second call does nothing. */
  close(): void;
}

/**
 * Reads long results for slow consumers, with memory for one batch of rows. A stream holds a connection and a snapshot.
 * So streams use a few separate connections, each for a limited time: they do not use up the pool of requests, and
 * delay vacuum only for this time.
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
      Client: StreamClient,
      connectionString: url,
      application_name: `${applicationName}-streams`,
      options: extra.options,
      lock_timeout: 2_000,
      max: MAX_ROW_STREAMS,
      connectionTimeoutMillis: OPEN_MS,
      idleTimeoutMillis: IDLE_MS,
      keepAlive: true,
    });
    this.pool.on('error', () => undefined); // an error of an idle connection, which the pool has already closed
  }

  /**
   * Starts a statement, which PostgreSQL plans and runs once. Rows are fetched as they are read.
   *
   * @param text with `$1…` parameters
   * @param batchSize rows in memory
   * @param limitMs milliseconds after which the connection is closed, even if not all rows were read
   * @throws WaitBudgetSpent as {@link waitForConnection}
   */
  async start<Row>(
    text: string,
    values: readonly unknown[],
    batchSize: number,
    limitMs: number,
  ): Promise<RowStream<Row>> {
    const client = await waitForConnection(
      () => this.pool.connect(),
      (late) => late.release(),
    );
    const cursor = client.query(new Cursor<Row>(text, [...values]));
    let state: 'open' | 'finished' | 'late' = 'open';
    const end = (reason: 'finished' | 'late', reusable: boolean) => {
      if (state !== 'open') return;
      state = reason;
      clearTimeout(timer);
      this.open.delete(close);
      client.release(!reusable); // closes the connection if the stream was not read to its end, which ends the statement immediately
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
