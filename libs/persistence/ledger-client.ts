import { type WaitBudget, workContext } from '@rookery/observability';
import { Client, type ClientConfig, type QueryConfig, type QueryResult } from 'pg';

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
  private readonly send: (query: QueryConfig & { query_timeout?: number }) => Promise<QueryResult>;

  constructor(config?: ClientConfig) {
    super({ ...config, pipeline: true });
    this.on('error', () => undefined);
    const query = (...all: unknown[]) => (super.query as (...all: unknown[]) => Promise<QueryResult>)(...all);
    this.send = query;
    this.query = ((statement: string | QueryConfig, ...rest: unknown[]) => {
      this.holdWrites();
      const { waitBudget } = workContext();
      if (!waitBudget || 'submit' in Object(statement) || rest.some((each) => typeof each === 'function'))
        return query(statement, ...rest);
      return this.limited(waitBudget, statement, rest[0] as unknown[] | undefined);
    }) as Client['query'];
  }

  /**
   * Statements of work with a wait budget (a request) time out when it is used up. This includes the statements of
   * TypeORM.
   */
  private limited(budget: WaitBudget, statement: string | QueryConfig, values?: unknown[]) {
    return budget.wait((limitMs) =>
      this.send({
        ...(typeof statement === 'string' ? { text: statement } : statement),
        ...(values !== undefined && { values }),
        query_timeout: Math.min(Math.ceil(limitMs), QUERY_TIMEOUT_MS),
      }),
    );
  }

  private holdWrites(): void {
    const { stream } = this.connection;
    if (stream.writableCorked > 0) return;
    stream.cork();
    process.nextTick(() => stream.uncork());
  }
}
