import { Injectable } from '@nestjs/common';
import { Sql } from './sql';

/** Changes per fold. */
const BATCH_SIZE = 10_000;

/**
 * Counts of rows, such as likes, that are correct shortly after the last change. Each insert or delete of a row appends
 * a change; one worker at a time adds the changes to the counts, by a schedule. So thousands of concurrent changes cost
 * one update, and no caller waits for a lock on the count.
 */
@Injectable()
export abstract class FoldedCounts {
  /** Name of the lock: two concurrent folds would lose or repeat changes. */
  protected abstract readonly lockName: string;
  /** Table of the changes, with its schema; its rows have an ascending `id`. */
  protected abstract readonly changes: string;

  constructor(protected readonly sql: Sql) {}

  /** Adds the oldest changes to the counts. Other folds and recounts wait until the current transaction ends. */
  async fold(): Promise<void> {
    await this.lock();
    await this.apply(
      (columns) =>
        `DELETE FROM ${this.changes} WHERE id IN (SELECT id FROM ${this.changes} ORDER BY id LIMIT ${BATCH_SIZE})
         RETURNING ${columns}`,
    );
  }

  /** @param take returns SQL that removes the oldest changes and returns some of their columns */
  protected abstract apply(take: (columns: string) => string): Promise<void>;

  /** Held until the current transaction ends. */
  protected async lock(): Promise<void> {
    await this.sql.execute('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [this.lockName]);
  }
}
