import { Client, type ClientConfig } from 'pg';

/**
 * A connection of the pool that always has an error listener. pg-pool takes its own off as it hands a connection out and
 * TypeORM puts one on a microtask later: what PostgreSQL says in between (57P01, it ends the connection) would be an
 * uncaught exception and end the process. Whoever holds the connection hears of it at the next statement.
 */
export class LedgerClient extends Client {
  constructor(config?: ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}
