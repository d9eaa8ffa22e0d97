import { workContext } from '@rookery/observability';
import { Client, type ClientConfig, type QueryConfig, type QueryResult } from 'pg';

/** Milliseconds until a statement whose answer does not come is given up. */
export const QUERY_TIMEOUT_MS = 8_000;

/**
 * A connection of the pool that always has an error listener. pg-pool takes its own off as it hands a connection out and
 * TypeORM puts one on a microtask later: what PostgreSQL says in between (57P01, it ends the connection) would be an
 * uncaught exception and end the process. Whoever holds the connection hears of it at the next statement.
 */
export class LedgerClient extends Client {
  constructor(config?: ClientConfig) {
    super(config);
    this.on('error', () => undefined);
    this.query = this.limited(this.query.bind(this)) as Client['query'];
  }

  /**
   * Statements of work that may wait only for so long (a request) end with what is left of that time. It is here that
   * TypeORM's statements come by as well.
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
