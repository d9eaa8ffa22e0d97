import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { QueryResult, QueryResultRow } from 'pg';
import { ConnectionPool } from './connection-pool';
import { leavesConnectionInDoubt, stateOf } from './failures';
import { Transaction, type TransactionOptions } from './transaction';

/** SQLSTATE `read_only_sql_transaction`. */
const READ_ONLY = '25006';

class ChangedByQuery extends Error {
  readonly code = READ_ONLY;

  constructor(text: string, cause: unknown) {
    const [verb] = /\w+/.exec(text) ?? [];
    super(`This ${verb} is in a read-only transaction: only commands and subscribers can change data.`, {
      cause,
    });
  }
}

/**
 * Plain SQL: inside a transaction on its connection, outside on the pool, where PostgreSQL rejects writes. Statements
 * are prepared once per connection, so the text must not contain values.
 */
@Injectable()
export class Sql {
  private readonly names = new Map<string, string>();

  constructor(
    private readonly connections: ConnectionPool,
    private readonly transaction: Transaction,
  ) {}

  /** @returns the rows of a statement with `$1…` parameters. */
  async rows<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.query<Row>(text, values)).rows;
  }

  /**
   * Plans the statement with its values, without a prepared statement: for texts built from optional parts. Otherwise
   * the connection would keep each variant, and a generic plan is bad if some values are much rarer than others.
   *
   * @returns the rows of a statement with `$1…` parameters
   */
  async rowsUnprepared<Row extends QueryResultRow>(text: string, values: readonly unknown[]): Promise<Row[]> {
    return (await this.ask<Row>({ text, values: [...values] })).rows;
  }

  /** @returns the first row; undefined if there is none. */
  async row<Row extends QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<Row | undefined> {
    return (await this.query<Row>(text, values)).rows[0];
  }

  /** @returns the number of rows that the statement changed. */
  async execute(text: string, values: readonly unknown[] = []): Promise<number> {
    return (await this.query(text, values)).rowCount ?? 0;
  }

  /**
   * Sends a statement in the current transaction without waiting for its result, so it costs no round trip. If it
   * fails, the commit fails.
   *
   * @param values must be plain, so that they cannot fail before they are sent
   */
  send(
    text: string,
    values: readonly (string | readonly string[] | number | boolean | Buffer | null)[],
  ): void {
    this.transaction.leaveToCommit(() => this.query(text, values));
  }

  /**
   * Runs one statement in a separate transaction, independent of the current one. It costs one round trip, because the
   * commit is sent together with it.
   *
   * @returns the number of changed rows, after the commit
   */
  async executeAlone(
    text: string,
    values: readonly unknown[],
    options?: TransactionOptions,
  ): Promise<number> {
    let changed = 0;
    const sent = async (): Promise<void> => {
      this.transaction.leaveToCommit(async () => {
        changed = await this.execute(text, values);
      });
    };
    await this.transaction.outside(() => this.transaction.run(sent, options));
    return changed;
  }

  private query<Row extends QueryResultRow>(
    text: string,
    values: readonly unknown[],
  ): Promise<QueryResult<Row>> {
    return this.ask<Row>({ name: this.nameOf(text), text, values: [...values] });
  }

  private async ask<Row extends QueryResultRow>(query: {
    name?: string;
    text: string;
    values: unknown[];
  }): Promise<QueryResult<Row>> {
    if (this.transaction.active) return this.transaction.query<Row>(query);
    const client = await this.connections.connect();
    try {
      const result = await client.query<Row>(query);
      client.release();
      return result;
    } catch (error) {
      client.release(leavesConnectionInDoubt(error)); // true: it is closed
      throw stateOf(error) === READ_ONLY ? new ChangedByQuery(query.text, error) : error;
    }
  }

  private nameOf(text: string): string {
    let name = this.names.get(text);
    if (!name) {
      name = createHash('sha1').update(text).digest('hex');
      this.names.set(text, name);
    }
    return name;
  }
}
