import { workContext } from '@rookery/observability';
import { Client, type ClientConfig, type QueryConfig, type QueryResult } from 'pg';

/** Timeout in milliseconds for the response to a statement. */
export const QUERY_TIMEOUT_MS = 8_000;

/**
 * A pool connection that always has an error listener. pg-pool removes its own when it returns a connection, and
 * TypeORM adds one a microtask later: an error in between (57P01, PostgreSQL closes the connection) would be an
 * uncaught exception and end the process. The user of the connection gets the error with the next statement.
 */
export class LedgerClient extends Client {
  constructor(config?: ClientConfig) {
    super(config);
    this.on('error', () => undefined);
    this.query = this.limited(this.query.bind(this)) as Client['query'];
  }

  /**
   * Statements of work with a wait budget (a request) time out when it is used up. TypeORM's statements pass here as
   * well.
   */
  private limited(query: (query: QueryConfig & { query_timeout?: number }) => Promise<QueryResult>) {
    return (statement: string | QueryConfig, ...rest: unknown[]): unknown => {
      const budget = workContext().waitBudget;
      const [values] = rest;
      if (!budget || 'submit' in Object(statement) || rest.some((each) => typeof each === 'function'))
        return (query as (...all: unknown[]) => unknown)(statement, ...rest);
      const config = typeof statement === 'string' ? { text: statement } : statement;
      return budget.wait((limitMs) =>
        query({
          ...config,
          ...(values !== undefined && { values: values as unknown[] }),
          query_timeout: Math.min(Math.ceil(limitMs), QUERY_TIMEOUT_MS),
        }),
      );
    };
  }
}
