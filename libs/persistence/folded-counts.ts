import { Injectable } from '@nestjs/common';
import { Sql } from './sql';

/** Rows of changes that are folded at once. */
const BATCH_SIZE = 10_000;

/**
 * Numbers of rows, such as likes, that are right when nothing has changed for a moment. Whoever adds or removes a row
 * appends a change; one worker at a time folds the changes into the numbers, by a schedule. So what thousands change at
 * once costs one update, and nobody waits for its row.
 */
@Injectable()
export abstract class FoldedCounts {
  /** Name of the lock: two that count at once would lose or repeat changes. */
  protected abstract readonly lockName: string;
  /** Table of the changes, with its schema; its rows have an ascending `id`. */
  protected abstract readonly changes: string;

  constructor(protected readonly sql: Sql) {}

  /** Folds the oldest changes into the numbers. Others that fold or count wait until the current transaction ends. */
  async fold(): Promise<void> {
    await this.lock();
    await this.apply(
      (columns) =>
        `DELETE FROM ${this.changes} WHERE id IN (SELECT id FROM ${this.changes} ORDER BY id LIMIT ${BATCH_SIZE})
         RETURNING ${columns}`,
    );
  }

  /** @param take returns SQL that removes the oldest changes and returns columns of theirs */
  protected abstract apply(take: (columns: string) => string): Promise<void>;

  /** Held until the current transaction ends. */
  protected async lock(): Promise<void> {
    await this.sql.execute('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [this.lockName]);
  }
}
