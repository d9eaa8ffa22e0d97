import { Injectable } from '@nestjs/common';
import { Sql } from './sql';

/**
 * What those subscribers are interested in that want few of an event's occurrences: {@link Outbox} makes a delivery for
 * such a subscriber only where somebody has registered a key of the event. It looks in the statement that stores the
 * event, so an interest counts from its commit on, and an event that interests nobody costs no delivery.
 */
@Injectable()
export class Interests {
  constructor(private readonly sql: Sql) {}

  /**
   * Replaces what a holder is interested in, in the current transaction.
   *
   * @param holder id of what the interest belongs to
   * @param keys none ends the interest
   */
  async replace(subscriber: string, holder: string, keys: readonly string[]): Promise<void> {
    await this.sql.execute(
      'DELETE FROM messaging.interests WHERE holder = $1 AND subscriber = $2 AND key <> ALL ($3::text[])',
      [holder, subscriber, keys],
    );
    if (keys.length === 0) return;
    await this.sql.execute(
      `INSERT INTO messaging.interests (subscriber, key, holder)
       SELECT $1, key, $2::uuid FROM unnest($3::text[]) AS key ON CONFLICT DO NOTHING`,
      [subscriber, holder, keys],
    );
  }

  /** Ends everything that some holders are interested in, in the current transaction. */
  async end(subscriber: string, holders: readonly string[]): Promise<void> {
    await this.sql.execute(
      'DELETE FROM messaging.interests WHERE holder = ANY ($1::uuid[]) AND subscriber = $2',
      [holders, subscriber],
    );
  }
}
