import { type WaitBudget, workContext } from '@rookery/observability';
import { Client, type ClientConfig, type QueryResult } from 'pg';

/** Timeout in milliseconds for the response to a statement. */
export const QUERY_TIMEOUT_MS = 8_000;

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
  private readonly send: (...statement: unknown[]) => Promise<QueryResult>;

  constructor(config?: ClientConfig) {
    super({ ...config, pipeline: true });
    this.on('error', () => undefined);
    this.send = (...statement) => (super.query as (...all: unknown[]) => Promise<QueryResult>)(...statement);
    this.query = ((...statement: unknown[]) => {
      this.holdWrites();
      const { waitBudget } = workContext();
      const hasCallback = statement.some((each) => typeof each === 'function');
      if (!waitBudget || 'submit' in Object(statement[0]) || hasCallback) return this.send(...statement);
      return this.limited(waitBudget, ...statement);
    }) as Client['query'];
  }

  /**
   * Statements of work with a wait budget (a request) time out when it is used up. This includes the statements of
   * TypeORM.
   */
  private limited(budget: WaitBudget, ...statement: unknown[]): Promise<QueryResult> {
    return budget.limit(
      () => this.send(...statement),
      () => this.connection.stream.destroy(), // later statements would wait for the result of this one
    );
  }

  private holdWrites(): void {
    const { stream } = this.connection;
    if (stream.writableCorked > 0) return;
    stream.cork();
    process.nextTick(() => stream.uncork());
  }
}
