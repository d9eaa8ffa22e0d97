import { callbackify } from 'node:util';
import { WaitBudget, workContext } from '@rookery/observability';
import { Client, type ClientConfig, type QueryResult } from 'pg';

/** Milliseconds until a connection is open, or until one of the pool becomes free. */
export const CONNECT_MS = 2_000;
/** Message of the error after that time. */
export const NO_CONNECTION = 'No connection to PostgreSQL was available.';

/**
 * A connection of the pool that always has an error listener. pg-pool removes its listener when it hands out a
 * connection, and TypeORM adds one a microtask later. An error in between (57P01, PostgreSQL terminates the connection)
 * would be an uncaught exception and end the process. The holder of the connection gets the error at the next
 * statement.
 *
 * Statements are pipelined: each is sent without waiting for the results of earlier ones, and all statements of one
 * turn of the event loop are sent in one write.
 */
export class LedgerClient extends Client {
  /**
   * @param config.query_timeout milliseconds after which a statement times out; in work with a wait budget (a request),
   *   it times out when that is used up
   */
  constructor({ query_timeout: limitMs, ...config }: ClientConfig = {}) {
    super({ ...config, pipeline: true });
    this.on('error', () => undefined);
    const send = (...statement: unknown[]) =>
      (super.query as (...all: unknown[]) => Promise<QueryResult>)(...statement);
    const sendLimited = (...statement: unknown[]) =>
      (workContext().waitBudget ?? new WaitBudget(limitMs!)).limit(
        () => send(...statement),
        () => this.connection.stream.destroy(), // later statements would wait for the result of this one
      );
    this.query = ((...statement: unknown[]) => {
      this.holdWrites();
      if (limitMs === undefined || 'submit' in Object(statement[0])) return send(...statement);
      if (typeof statement.at(-1) !== 'function') return sendLimited(...statement);
      return (callbackify(sendLimited) as (...all: unknown[]) => void)(...statement);
    }) as Client['query'];
  }

  /**
   * Called by the pool. The limit is not a timer, see {@link WaitBudget}.
   *
   * @throws WaitBudgetSpent if the connection is not open within 2 s
   */
  override connect(): Promise<Client>;
  override connect(callback: (error?: Error) => void): void;
  override connect(callback?: (error?: Error) => void): Promise<Client> | void {
    const connecting = new WaitBudget(CONNECT_MS, NO_CONNECTION).limit(
      () => super.connect(),
      () => this.connection.stream.destroy(),
    );
    if (!callback) return connecting;
    connecting.then(() => callback(), callback);
  }

  private holdWrites(): void {
    const { stream } = this.connection;
    if (stream.writableCorked > 0) return;
    stream.cork();
    process.nextTick(() => stream.uncork());
  }
}
