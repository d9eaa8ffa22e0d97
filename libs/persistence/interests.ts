import { Injectable } from '@nestjs/common';
import { Sql } from './sql';

/**
 * Registered keys of subscribers that need only few of the events of a type. {@link Outbox} creates a delivery for such
 * a subscriber only if a key of the event is registered. It checks this in the statement that stores the event, so a
 * registration takes effect with its commit, and an event without a matching key costs no delivery.
 */
@Injectable()
export class Interests {
  constructor(private readonly sql: Sql) {}

  /**
   * Replaces the keys of a holder, in the current transaction.
   *
   * @param holder id of the owner of the keys, such as a webhook
   * @param keys an empty list removes the registration
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

  /** Removes all keys of some holders, in the current transaction. */
  async end(subscriber: string, holders: readonly string[]): Promise<void> {
    await this.sql.execute(
      'DELETE FROM messaging.interests WHERE holder = ANY ($1::uuid[]) AND subscriber = $2',
      [holders, subscriber],
    );
  }
}
