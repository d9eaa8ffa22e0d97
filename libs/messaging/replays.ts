import { Injectable, Logger } from '@nestjs/common';
import { newId, NIL_UUID } from '@rookery/domain';
import { Outbox, type Queued, Sql, Transaction } from '@rookery/persistence';
import type { KnownSubscriber } from './subscribers';
import { Subscribers } from './subscribers';

/** Days for which finished replays are kept. */
const KEEP_DAYS = 7;
/** Hours for which a request waits for a worker that can work it off. A deployment takes less. */
const MAX_WAIT_HOURS = 24;

/** An open request whose turn it is. */
export interface Turn {
  table: 'redrives' | 'replays';
  id: string;
  /** When its last batch ran; null before the first. */
  servedAt: Date | null;
  /**
   * Runs its next batch in the current transaction.
   *
   * @param limit maximum number of deliveries
   * @returns the deliveries to queue
   */
  run(limit: number): Promise<Queued[]>;
}

interface OpenReplay extends Record<string, unknown> {
  id: string;
  subscriber: string;
  names: string[];
  types: string[];
  since: Date;
  until: Date;
  after: string;
  servedAt: Date | null;
  overdue: boolean;
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
  private readonly log = new Logger(Replays.name);

  constructor(
    private readonly outbox: Outbox,
    private readonly sql: Sql,
    private readonly subscribers: Subscribers,
    private readonly transaction: Transaction,
  ) {}

  /**
   * Stores a request with the current transaction. It contains the names and event types that this build knows: a
   * worker that does not know all of them would deliver too little, or twice.
   *
   * @returns its id
   */
  async request(subscriber: KnownSubscriber, { type, since, until }: WantedEvents): Promise<string> {
    const id = newId();
    await this.sql.execute(
      `DELETE FROM messaging.replays WHERE finished_at < now() - make_interval(days => $1)`,
      [KEEP_DAYS],
    );
    const types = type === null ? [...new Set(subscriber.events.map((event) => event.type))] : [type];
    await this.sql.execute(
      `INSERT INTO messaging.replays (id, subscriber, names, type, types, since, until, after_event_id)
       VALUES ($1, $2, $3, $4, $5, $6, least($7::timestamptz, clock_timestamp()), $8)`,
      [id, subscriber.name, [subscriber.name, ...subscriber.formerly], type, types, since, until, NIL_UUID],
    );
    return id;
  }

  /** @returns whether there is a request that this build can work off. Ends those that no build has worked off for a day. */
  async anyOpen(): Promise<boolean> {
    const open = await this.open();
    for (const replay of open) if (replay.overdue && !this.subscriberOf(replay)) await this.abandon(replay);
    return open.some((replay) => this.subscriberOf(replay));
  }

  /** @returns the request that has waited longest, of those that this build can work off. */
  async next(): Promise<Turn | undefined> {
    for (const open of await this.open()) {
      const known = this.subscriberOf(open);
      const { id, servedAt } = open;
      if (known) return { table: 'replays', id, servedAt, run: (limit) => this.runBatch(open, known, limit) };
    }
    return undefined;
  }

  private async runBatch(open: OpenReplay, known: KnownSubscriber, limit: number): Promise<Queued[]> {
    const { deliveries, last } = await this.outbox.replay(
      {
        subscriber: known.name,
        formerly: known.formerly,
        types: open.types,
        since: open.since.toISOString(),
        until: open.until.toISOString(),
        after: open.after,
      },
      limit,
    );
    await this.sql.execute(
      `UPDATE messaging.replays SET replayed = replayed + $2, after_event_id = coalesce($3, after_event_id),
         served_at = clock_timestamp(), failures = 0, error = NULL,
         finished_at = CASE WHEN $3::uuid IS NULL THEN clock_timestamp() ELSE finished_at END
       WHERE id = $1`,
      [open.id, deliveries.length, last],
    );
    return deliveries;
  }

  private open(): Promise<OpenReplay[]> {
    return this.sql.rows<OpenReplay>(
      `SELECT id, subscriber, names, types, since, until, after_event_id AS after, served_at AS "servedAt",
              coalesce(served_at, requested_at) < now() - make_interval(hours => $1) AS overdue
       FROM messaging.replays WHERE finished_at IS NULL ORDER BY served_at NULLS FIRST, id`,
      [MAX_WAIT_HOURS],
    );
  }

  /** @returns the subscriber of a request; undefined if a worker of this build cannot work the request off. */
  private subscriberOf({ subscriber, names, types }: OpenReplay): KnownSubscriber | undefined {
    const known = this.subscribers.get(subscriber);
    if (!known || types.length === 0) return undefined;
    const handled = new Set(known.events.map(({ type }) => type));
    const all = this.subscribers.namesOf(subscriber);
    const isKnown = names.every((name) => all.includes(name)) && types.every((type) => handled.has(type));
    return isKnown ? known : undefined;
  }

  private async abandon({ id, subscriber }: OpenReplay): Promise<void> {
    const error = `No worker handles these events as ${subscriber}.`;
    const ended = await this.transaction.run(() =>
      this.sql.execute(
        `UPDATE messaging.replays SET finished_at = clock_timestamp(), error = $2
         WHERE id = $1 AND finished_at IS NULL`,
        [id, error],
      ),
    );
    if (ended) this.log.warn(`Ended replay ${id} after ${MAX_WAIT_HOURS} hours: ${error}`);
  }
}
