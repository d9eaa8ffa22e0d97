import { Injectable, Optional } from '@nestjs/common';
import { Clock, newId, type RaisedEvent } from '@rookery/domain';
import { workContext } from '@rookery/observability';
import type { Queued } from './deliveries';
import { Sql } from './sql';
import { type OccurringEvent, Subscriptions } from './subscriptions';
import { Transaction } from './transaction';

/** Number of relay shards; events of one subject share a shard. */
export const SHARDS = 64;

/** Wakes the relay; implemented by the messaging lib. */
export abstract class RelayHint {
  /** Must not throw or block: the event is already stored, and the relay finds it by polling even without a hint. */
  abstract send(): void;
}

/** An event that the current transaction has just stored. */
export interface StoredEvent {
  id: string;
  type: string;
  subject: string;
}

/** Receives every event in the transaction that stores it; implemented by the audit lib. */
export abstract class EventObserver {
  abstract stored(events: readonly StoredEvent[]): void;
}

/** An event for the relay to queue. */
export interface Unpublished {
  id: string;
  eventId: string;
  type: string;
  subject: string;
  deliveries: { subscriber: string; queue: string }[];
}

/** Stored events that a subscriber can get belatedly. */
export interface Replayable {
  subscriber: string;
  /** Previous names of the subscriber: what was delivered under one of them was delivered. */
  formerly: readonly string[];
  types: readonly string[];
  /** ISO 8601, inclusive. */
  since: string;
  /** ISO 8601, exclusive. */
  until: string;
  /** Id of the last event that was checked. */
  after: string;
}

/** Maximum events that one batch of a replay checks. */
const MAX_CHECKED = 5_000;

/** The transactional outbox: events are stored with the state they describe, and published from here afterwards. */
@Injectable()
export class Outbox {
  constructor(
    private readonly sql: Sql,
    private readonly transaction: Transaction,
    private readonly subscriptions: Subscriptions,
    private readonly clock: Clock,
    private readonly hint: RelayHint,
    @Optional() private readonly observer?: EventObserver,
  ) {}

  /**
   * Stores events, and a pending delivery for each subscriber (see `Interests`), in the current transaction, with one
   * statement that the commit waits for.
   *
   * @throws ZodError if the data does not match the event's definition
   */
  async append(events: readonly RaisedEvent[]): Promise<void> {
    const context = workContext();
    const occurredAt = this.clock.now().toISOString();
    const rows = events.map((event) => ({
      event_id: newId(),
      type: event.definition.type,
      version: event.definition.version,
      subject: event.subject,
      sequence: event.sequence,
      shard: shardOf(event.subject),
      data: event.definition.schema.parse(event.data),
      occurred_at: occurredAt,
      actor_id: context.actorId,
      correlation_id: context.correlationId,
      causation_id: context.causationId,
      traceparent: context.traceparent,
    }));
    const deliveries = rows.flatMap((row) =>
      this.subscriptions.to(row.type).map(({ interest, ...subscription }) => ({
        event_id: row.event_id,
        subject: row.subject,
        sequence: row.sequence,
        ...subscription,
        ...(interest && { keys: interest({ ...row, actorId: row.actor_id ?? null }) }),
      })),
    );
    this.sql.send(
      `WITH stored AS (
         INSERT INTO messaging.outbox (event_id, type, version, subject, sequence, shard, data, occurred_at,
                                       actor_id, correlation_id, causation_id, traceparent)
         SELECT event_id, type, version, subject, sequence, shard, data, occurred_at,
                actor_id, correlation_id, causation_id, traceparent
         FROM jsonb_to_recordset($1::jsonb) AS row (event_id uuid, type text, version int, subject uuid, sequence int,
              shard smallint, data jsonb, occurred_at timestamptz, actor_id uuid, correlation_id text,
              causation_id uuid, traceparent text)
       )
       INSERT INTO messaging.event_delivery (event_id, subscriber, queue, subject, sequence, ordered)
       SELECT event_id, subscriber, queue, subject, sequence, ordered
       FROM jsonb_to_recordset($2::jsonb) AS wanted (event_id uuid, subscriber text, queue text, subject uuid,
            sequence int, ordered boolean, keys text[])
       WHERE keys IS NULL OR EXISTS (
         SELECT 1 FROM messaging.interests i WHERE i.subscriber = wanted.subscriber AND i.key = ANY (wanted.keys))`,
      [JSON.stringify(rows), JSON.stringify(deliveries)],
    );
    this.transaction.waitForDisk();
    this.observer?.stored(rows.map(({ event_id: id, type, subject }) => ({ id, type, subject })));
    this.transaction.afterCommit(() => this.hint.send());
  }

  /**
   * Creates pending deliveries of stored events for a subscriber that has none for them, or whose delivery was
   * discarded. Other deliveries, also those that are done, stay as they are. An ordered subscriber does not get an
   * event if it has handled a later one of the same subject.
   *
   * @param limit maximum number of events that can be delivered
   * @returns the deliveries to queue, and the id of the last event that was checked; null at the end
   */
  async replay(wanted: Replayable, limit: number): Promise<{ deliveries: Queued[]; last: string | null }> {
    const [since, until] = [idAt(wanted.since, -CLOCK_TOLERANCE_MS), idAt(wanted.until, CLOCK_TOLERANCE_MS)];
    const after = wanted.after > since ? wanted.after : since;
    const boundary = await this.sql.row<{ id: string }>(
      `SELECT event_id AS id FROM messaging.outbox WHERE event_id > $1 AND event_id < $2
       ORDER BY event_id OFFSET ${MAX_CHECKED - 1} LIMIT 1`,
      [after, until],
    );
    const events = await this.sql.rows<
      OccurringEvent & { id: string; sequence: number } & Record<string, unknown>
    >(
      `SELECT event_id AS id, type, version, subject, sequence, actor_id AS "actorId", data FROM messaging.outbox
       WHERE event_id > $1 AND event_id <= $2 AND type = ANY ($3) AND occurred_at >= $4 AND occurred_at < $5
       ORDER BY event_id LIMIT $6`,
      [after, boundary?.id ?? until, wanted.types, wanted.since, wanted.until, limit],
    );
    const rows = events.flatMap((event) =>
      this.subscriptions
        .to(event.type)
        .filter(({ subscriber }) => subscriber === wanted.subscriber)
        .map(({ interest, ...subscription }) => ({
          event_id: event.id,
          subject: event.subject,
          sequence: event.sequence,
          ...subscription,
          ...(interest && { keys: interest(event) }),
        })),
    );
    const deliveries = await this.sql.rows<Queued>(
      `WITH wanted AS (
         SELECT * FROM jsonb_to_recordset($1::jsonb) AS row (event_id uuid, subscriber text, queue text, subject uuid,
           sequence int, ordered boolean, keys text[])
       ), handled AS (
         SELECT of.subject, latest.sequence FROM (SELECT DISTINCT subject FROM wanted WHERE ordered) AS of
         CROSS JOIN LATERAL (
           SELECT o.sequence FROM messaging.outbox o WHERE o.subject = of.subject AND EXISTS (
             SELECT 1 FROM messaging.event_delivery p WHERE p.event_id = o.event_id
               AND (p.subscriber = $3 OR p.subscriber = ANY ($2)) AND p.state = 'done' AND p.discarded_at IS NULL OFFSET 0)
           ORDER BY o.sequence DESC LIMIT 1) AS latest
       ), added AS (
         INSERT INTO messaging.event_delivery AS d (event_id, subscriber, queue, subject, sequence, ordered)
         SELECT event_id, subscriber, queue, subject, sequence, ordered FROM wanted
         WHERE (keys IS NULL OR EXISTS (SELECT 1 FROM messaging.interests i
                  WHERE i.subscriber = wanted.subscriber AND i.key = ANY (wanted.keys)))
           AND NOT EXISTS (SELECT 1 FROM messaging.event_delivery p WHERE p.event_id = wanted.event_id
                  AND p.subscriber = ANY ($2) AND p.discarded_at IS NULL)
           AND NOT EXISTS (SELECT 1 FROM handled h WHERE h.subject = wanted.subject AND h.sequence > wanted.sequence)
         ON CONFLICT (event_id, subscriber) DO UPDATE
           SET state = 'pending', attempts = 0, finished_at = NULL, discarded_at = NULL, due_at = now()
           WHERE d.discarded_at IS NOT NULL
         RETURNING event_id, subscriber, queue, subject
       )
       SELECT added.event_id AS "eventId", added.subscriber, added.queue, o.type, added.subject, 0 AS "delayMs"
       FROM added CROSS JOIN LATERAL (SELECT type FROM messaging.outbox WHERE event_id = added.event_id OFFSET 0) AS o
       ORDER BY added.event_id`,
      [JSON.stringify(rows), wanted.formerly, wanted.subscriber],
    );
    const last = events.length === limit ? events.at(-1)!.id : (boundary?.id ?? null);
    return { deliveries, last };
  }

  /**
   * Deletes the events of erased subjects, with all their deliveries: no subscriber must handle them any more. Events
   * about the erasure must be appended afterwards.
   *
   * @returns number of deleted events
   */
  async forget(...subjects: string[]): Promise<number> {
    return this.sql.execute('DELETE FROM messaging.outbox WHERE subject = ANY ($1::uuid[])', [subjects]);
  }

  /**
   * Locks the shards with unpublished events that no other relay is working on, until the current transaction ends, and
   * reads their oldest events.
   *
   * @param limit maximum number of events to read
   * @returns oldest first; per subject in the order of the sequence
   */
  async takeUnpublished(limit: number): Promise<Unpublished[]> {
    this.sql.send(
      `SELECT set_config('rookery.shards', coalesce(string_agg(shard::text, ','), ''), true)
       FROM (SELECT shard FROM generate_series(0, ${SHARDS - 1}) AS shard
             WHERE CASE WHEN EXISTS (SELECT 1 FROM messaging.outbox o WHERE o.shard = shard.shard AND o.published_at IS NULL)
                        THEN pg_try_advisory_xact_lock(hashtext('messaging.outbox'), shard.shard) ELSE false END) AS taken`,
      [],
    );
    // A separate statement: its snapshot must be taken after the locks, or it would contain events that another relay
    // has just published. It reads the shards from a setting, so that both statements are sent together. LATERAL: one
    // lookup in the index of unpublished events per shard. If all shards were sorted by id at once, the planner could
    // scan the primary key, with all events ever published.
    return this.sql.rows<Unpublished>(
      `WITH oldest AS (
         SELECT o.* FROM unnest(string_to_array(current_setting('rookery.shards'), ',')::smallint[]) AS taken (shard)
         CROSS JOIN LATERAL (SELECT id, event_id, type, subject FROM messaging.outbox
           WHERE shard = taken.shard AND published_at IS NULL ORDER BY shard, id LIMIT $1) AS o
         ORDER BY o.id LIMIT $1
       )
       SELECT o.id, o.event_id AS "eventId", o.type, o.subject,
              coalesce((SELECT jsonb_agg(jsonb_build_object('subscriber', d.subscriber, 'queue', d.queue))
                        FROM messaging.event_delivery d WHERE d.event_id = o.event_id), '[]') AS deliveries
       FROM oldest o ORDER BY o.id`,
      [limit],
    );
  }

  /** Marks events as put on the queues when the current transaction commits. */
  markPublished(ids: readonly string[]): void {
    this.sql.send('UPDATE messaging.outbox SET published_at = now() WHERE id = ANY ($1::bigint[])', [ids]);
  }

  /**
   * Deletes events whose deliveries are all done, or discarded.
   *
   * @param olderThanDays days since the event was published, and since the last of its deliveries was done or discarded
   * @param limit maximum number of events to delete
   * @returns number of deleted events
   */
  async prune(olderThanDays: number, limit: number): Promise<number> {
    // OFFSET 0: one lookup for each old event, oldest first, until there are enough. A join could read all deliveries.
    return this.sql.execute(
      `DELETE FROM messaging.outbox WHERE id IN (
         SELECT o.id FROM messaging.outbox o
         WHERE o.published_at < now() - make_interval(days => $1)
           AND NOT EXISTS (SELECT 1 FROM messaging.event_delivery d WHERE d.event_id = o.event_id
             AND (d.state <> 'done' OR greatest(d.finished_at, d.discarded_at) >= now() - make_interval(days => $1))
             OFFSET 0)
         ORDER BY o.published_at LIMIT $2)`,
      [olderThanDays, limit],
    );
  }

  /** @returns the number of unpublished events, and the age of the oldest in seconds. */
  async lag(): Promise<{ events: number; oldestSeconds: number }> {
    const row = await this.sql.row<{ events: number; oldest: number }>(
      `SELECT count(*)::int AS events, coalesce(extract(epoch FROM now() - min(occurred_at)), 0)::float8 AS oldest
       FROM messaging.outbox WHERE published_at IS NULL`,
    );
    return { events: row!.events, oldestSeconds: row!.oldest };
  }
}

/** An event gets its id and its time in the same call, but a clock can be set in between. */
const CLOCK_TOLERANCE_MS = 1_000;

/** @returns the first UUIDv7 of a time */
function idAt(time: string, offsetMs: number): string {
  const hex = Math.max(0, Date.parse(time) + offsetMs)
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

function shardOf(subject: string): number {
  return Number.parseInt(subject.slice(-2), 16) % SHARDS;
}
