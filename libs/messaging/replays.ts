import { Injectable } from '@nestjs/common';
import { newId, NIL_UUID } from '@rookery/domain';
import { Outbox, type Queued, Sql } from '@rookery/persistence';
import type { KnownSubscriber } from './subscribers';
import { Subscribers } from './subscribers';

/** Days for which finished replays are kept. */
const KEEP_DAYS = 7;

interface OpenReplay extends Record<string, unknown> {
  id: string;
  subscriber: string;
  type: string | null;
  since: Date;
  until: Date;
  after: string;
}

/** Events that a subscriber is to get belatedly. */
export interface WantedEvents {
  /** One of the types that the subscriber handles; null for all of them. */
  type: string | null;
  /** ISO 8601, inclusive. */
  since: string;
  /** ISO 8601, exclusive. */
  until: string;
}

/**
 * Requests to deliver stored events to a subscriber that has no delivery for them, because it was added later, or whose
 * delivery was discarded. `Redrives` works them off.
 */
@Injectable()
export class Replays {
  constructor(
    private readonly outbox: Outbox,
    private readonly sql: Sql,
    private readonly subscribers: Subscribers,
  ) {}

  /**
   * Stores a request with the current transaction.
   *
   * @returns its id
   */
  async request(subscriber: KnownSubscriber, { type, since, until }: WantedEvents): Promise<string> {
    const id = newId();
    await this.sql.execute(
      `DELETE FROM messaging.replays WHERE finished_at < now() - make_interval(days => $1)`,
      [KEEP_DAYS],
    );
    await this.sql.execute(
      `INSERT INTO messaging.replays (id, subscriber, type, since, until, after_event_id)
       VALUES ($1, $2, $3, $4, least($5::timestamptz, clock_timestamp()), $6)`,
      [id, subscriber.name, type, since, until, NIL_UUID],
    );
    return id;
  }

  /**
   * Creates the next deliveries of the oldest request, in the current transaction.
   *
   * @param limit maximum number of deliveries
   * @returns the deliveries to queue
   */
  async nextBatch(limit: number): Promise<Queued[]> {
    const open = await this.sql.row<OpenReplay>(
      `SELECT id, subscriber, type, since, until, after_event_id AS after FROM messaging.replays
       WHERE finished_at IS NULL ORDER BY id LIMIT 1`,
    );
    if (!open) return [];
    const known = this.subscribers.get(open.subscriber);
    // A subscriber that was removed in the meantime has nothing to get.
    const { deliveries, last } = known
      ? await this.outbox.replay(
          {
            subscriber: known.name,
            formerly: known.formerly,
            types: open.type === null ? known.events.map(({ type }) => type) : [open.type],
            since: open.since.toISOString(),
            until: open.until.toISOString(),
            after: open.after,
          },
          limit,
        )
      : { deliveries: [], last: null };
    await this.sql.execute(
      `UPDATE messaging.replays SET replayed = replayed + $2, after_event_id = coalesce($3, after_event_id),
         finished_at = CASE WHEN $3::uuid IS NULL THEN clock_timestamp() END WHERE id = $1`,
      [open.id, deliveries.length, last],
    );
    return deliveries;
  }
}
