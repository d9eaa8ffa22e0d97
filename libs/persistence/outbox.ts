import { Injectable, Optional } from '@nestjs/common';
import { Clock, newId, type RaisedEvent } from '@rookery/domain';
import { workContext } from '@rookery/observability';
import { Sql } from './sql';
import { Subscriptions } from './subscriptions';
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
   * Deletes events whose deliveries are all done.
   *
   * @param olderThanDays minimum age
   * @param limit maximum number of events to delete
   * @returns number of deleted events
   */
  async prune(olderThanDays: number, limit: number): Promise<number> {
    return this.sql.execute(
      `DELETE FROM messaging.outbox WHERE id IN (
         SELECT o.id FROM messaging.outbox o
         WHERE o.published_at < now() - make_interval(days => $1)
           AND NOT EXISTS (SELECT 1 FROM messaging.event_delivery d WHERE d.event_id = o.event_id AND d.state <> 'done')
         ORDER BY o.id LIMIT $2)`,
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

function shardOf(subject: string): number {
  return Number.parseInt(subject.slice(-2), 16) % SHARDS;
}
