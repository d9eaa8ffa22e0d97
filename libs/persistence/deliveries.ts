import { Injectable } from '@nestjs/common';
import { type EventEnvelope, NIL_UUID } from '@rookery/domain';
import { Sql } from './sql';

/**
 * `pending`: to be run; `done`: its effect is committed, or an operator discarded it (`discarded_at`); `dead`: failed
 * permanently, until an operator redrives or discards it; `parked`: this build does not know its subscriber or its
 * event's version.
 */
export type DeliveryState = 'pending' | 'done' | 'dead' | 'parked';

/** One event for one subscriber: inbox, retry state and dead-letter record in one row. */
export interface DeliveryKey {
  eventId: string;
  subscriber: string;
}

/** A delivery that can run now. */
export interface Claimed {
  envelope: EventEnvelope;
  /** Number of failures so far. */
  attempts: number;
}

/**
 * Why a delivery cannot run now. `over`: done, dead or pruned; `busy`: running elsewhere; `early`: a predecessor has
 * not run yet; `held`: a predecessor is dead.
 */
export type NotClaimed = 'over' | 'busy' | 'early' | 'held';

/** A delivery to be added to its queue. */
export interface Queued extends DeliveryKey {
  queue: string;
  type: string;
  subject: string;
  /** Milliseconds from now until it may run. */
  delayMs: number;
}

/** A dead delivery, as shown on the failed queue. */
export interface DeadDelivery extends DeliveryKey {
  queue: string;
  reason: string;
  stack: string | null;
  attempts: number;
  failedAt: Date;
  envelope: EventEnvelope;
}

/** Dead deliveries of a queue. */
export interface DeadOf {
  queue: string;
  /** Names of the subscribers; null for all. */
  subscribers: readonly string[] | null;
}

/** Position in a list of dead deliveries: before those that failed at this time. */
export type DeadPosition = readonly [diedAt: string, eventId: string, subscriber: string];

/** A stored event with the state of its deliveries. */
export interface TracedEvent {
  id: string;
  type: string;
  version: number;
  subject: string;
  sequence: number;
  causationId: string | null;
  occurredAt: Date;
  deliveries: {
    subscriber: string;
    queue: string;
    state: DeliveryState | 'discarded';
    attempts: number;
    lastError: string | null;
  }[];
}

/** An event that a subscriber handles or finishes. */
export interface Handled {
  subscriber: string;
  type: string;
  /** Null for any version. */
  version: number | null;
}

interface ClaimRow extends DeliveryKey {
  state: DeliveryState;
  attempts: number;
  leased: boolean;
  predecessor: DeliveryState | null;
  envelope: EventEnvelope;
}

/** Dead deliveries of a queue that are counted. */
const MAX_COUNTED = 100_000;

const ENVELOPE = `jsonb_build_object('id', o.event_id, 'type', o.type, 'version', o.version,
  'occurredAt', to_char(o.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'subject', o.subject,
  'sequence', o.sequence, 'actorId', o.actor_id, 'correlationId', o.correlation_id, 'causationId', o.causation_id,
  'traceparent', o.traceparent, 'data', o.data)`;

/**
 * Joins the event `o` to the deliveries `d` by one index lookup each. A join planned for different table sizes would
 * read every event.
 */
const WITH_EVENT = `CROSS JOIN LATERAL (SELECT * FROM messaging.outbox WHERE event_id = d.event_id OFFSET 0) AS o`;

const DEAD = `d.event_id AS "eventId", d.subscriber, d.queue, d.last_error AS reason, d.last_stack AS stack, d.attempts,
  d.finished_at AS "failedAt", ${ENVELOPE} AS envelope`;

const QUEUED = `d.event_id AS "eventId", d.subscriber, d.queue, o.type, o.subject,
  greatest(0, extract(epoch FROM d.due_at - now()) * 1000)::int AS "delayMs"`;

/**
 * The delivery ledger. Only a pending row may run, and it is marked done in the transaction of its effect: however
 * often a queue delivers it, the effect happens once.
 */
@Injectable()
export class Deliveries {
  constructor(private readonly sql: Sql) {}

  /**
   * Locks deliveries for the current transaction and reads their events.
   *
   * @param wanted deliveries; `after` has the names of its own subscriber if it must wait for deliveries of earlier
   *   events of its subject
   * @returns the result for each, in the order given; if one is listed twice, the second is busy
   */
  async claim(
    wanted: readonly (DeliveryKey & { after: readonly string[] })[],
  ): Promise<(Claimed | NotClaimed)[]> {
    const rows = await this.sql.rows<ClaimRow>(
      `SELECT d.event_id AS "eventId", d.subscriber, d.state, d.attempts,
              coalesce(d.leased_until > now(), false) AS leased,
              CASE WHEN wanted.after <> '' THEN
                (SELECT p.state FROM unnest(string_to_array(wanted.after, ',')) AS named (subscriber)
                 CROSS JOIN LATERAL (SELECT state, sequence FROM messaging.event_delivery
                   WHERE ordered AND subscriber = named.subscriber AND subject = d.subject
                     AND sequence < d.sequence AND state <> 'done' ORDER BY sequence LIMIT 1) AS p
                 ORDER BY p.sequence LIMIT 1)
              END AS predecessor,
              ${ENVELOPE} AS envelope
       FROM unnest($1::uuid[], $2::text[], $3::text[]) AS wanted (event_id, subscriber, after)
       CROSS JOIN LATERAL (SELECT * FROM messaging.event_delivery
         WHERE event_id = wanted.event_id AND subscriber = wanted.subscriber FOR UPDATE SKIP LOCKED) AS d
       ${WITH_EVENT}`,
      [...columnsOf(wanted), wanted.map(({ after }) => after.join(','))],
    );
    const found = new Map(rows.map((row) => [nameOf(row), row]));
    const missing = wanted.filter((key) => !found.has(nameOf(key)));
    const locked = missing.length > 0 ? await this.unfinished(missing) : new Set();
    const taken = new Set<string>();
    return wanted.map((key) => {
      const name = nameOf(key);
      const row = found.get(name);
      if (!row) return locked.has(name) ? 'busy' : 'over';
      if (taken.has(name)) return 'busy';
      taken.add(name);
      return outcomeOf(row);
    });
  }

  /**
   * Holds a lease on a claimed delivery beyond the current transaction, for an effect outside of transactions.
   *
   * @param leaseMs duration; it expires if the process dies
   */
  async lease({ eventId, subscriber }: DeliveryKey, leaseMs: number): Promise<void> {
    await this.sql.execute(
      `UPDATE messaging.event_delivery SET leased_until = clock_timestamp() + $3 * interval '1 ms'
       WHERE event_id = $1 AND subscriber = $2 AND state = 'pending'`,
      [eventId, subscriber, leaseMs],
    );
  }

  /** Records that the effects happened, when the current transaction commits. */
  done(keys: readonly DeliveryKey[]): void {
    this.sql.send(
      `UPDATE messaging.event_delivery d SET state = 'done', leased_until = NULL, finished_at = clock_timestamp()
       FROM unnest($1::uuid[], $2::text[]) AS key (event_id, subscriber)
       WHERE d.event_id = key.event_id AND d.subscriber = key.subscriber AND d.state = 'pending'`,
      columnsOf(keys),
    );
  }

  /** @returns the number of failed attempts of a pending delivery; undefined if it is not pending. */
  async attempts({ eventId, subscriber }: DeliveryKey): Promise<number | undefined> {
    const row = await this.sql.row<{ attempts: number }>(
      `SELECT attempts FROM messaging.event_delivery WHERE event_id = $1 AND subscriber = $2 AND state = 'pending'`,
      [eventId, subscriber],
    );
    return row?.attempts;
  }

  /**
   * Records a failed attempt.
   *
   * @param retryInMs milliseconds until the next attempt; null makes the delivery dead
   * @returns whether this call changed the delivery: false if another process had finished it
   */
  async failed(key: DeliveryKey, error: Error, retryInMs: number | null): Promise<boolean> {
    const changed = await this.sql.execute(
      `UPDATE messaging.event_delivery
       SET attempts = attempts + 1, last_error = $3, last_stack = $4, leased_until = NULL,
           state = CASE WHEN $5::float8 IS NULL THEN 'dead' ELSE state END,
           finished_at = CASE WHEN $5::float8 IS NULL THEN clock_timestamp() END,
           due_at = clock_timestamp() + coalesce($5::float8, 0) * interval '1 ms'
       WHERE event_id = $1 AND subscriber = $2 AND state = 'pending'`,
      [
        key.eventId,
        key.subscriber,
        storable(error.message, 2_000),
        storable(error.stack ?? '', 8_000),
        retryInMs,
      ],
    );
    return changed === 1;
  }

  /**
   * Delays the next attempt without counting one.
   *
   * @param delayMs milliseconds from now
   */
  async snooze({ eventId, subscriber }: DeliveryKey, delayMs: number): Promise<void> {
    await this.sql.execute(
      `UPDATE messaging.event_delivery
       SET due_at = clock_timestamp() + $3 * interval '1 ms', leased_until = NULL
       WHERE event_id = $1 AND subscriber = $2 AND state = 'pending'`,
      [eventId, subscriber, delayMs],
    );
  }

  /** Parks a delivery whose subscriber or event version this process does not know; a newer process can know it. */
  async park({ eventId, subscriber }: DeliveryKey): Promise<void> {
    await this.sql.execute(
      `UPDATE messaging.event_delivery SET state = 'parked', finished_at = clock_timestamp()
       WHERE event_id = $1 AND subscriber = $2 AND state = 'pending'`,
      [eventId, subscriber],
    );
  }

  /**
   * Makes parked deliveries pending again.
   *
   * @param known subscribers, and the events and versions that they handle or finish now
   * @param limit maximum number of deliveries
   * @returns the deliveries to queue
   */
  async unpark(known: readonly Handled[], limit: number): Promise<Queued[]> {
    return this.sql.rows<Queued>(
      `WITH known AS (
         SELECT d.event_id, d.subscriber FROM messaging.event_delivery d ${WITH_EVENT}
         JOIN jsonb_to_recordset($1::jsonb) AS k (subscriber text, type text, version int)
           ON (k.subscriber, k.type) = (d.subscriber, o.type) AND coalesce(k.version, o.version) = o.version
         WHERE d.state = 'parked' LIMIT $2 FOR UPDATE OF d SKIP LOCKED
       ), resumed AS (
         UPDATE messaging.event_delivery d SET state = 'pending', finished_at = NULL, due_at = now() FROM known
         WHERE d.event_id = known.event_id AND d.subscriber = known.subscriber RETURNING d.*
       )
       SELECT ${QUEUED} FROM resumed d ${WITH_EVENT} ORDER BY d.event_id`,
      [JSON.stringify(known), limit],
    );
  }

  /**
   * Reads pending deliveries in pages, to queue all of them again.
   *
   * @param after the last key of the previous page
   */
  async pending(after: DeliveryKey | undefined, limit: number): Promise<Queued[]> {
    return this.sql.rows<Queued>(
      `SELECT ${QUEUED} FROM (SELECT * FROM messaging.event_delivery
             WHERE state = 'pending' AND (event_id, subscriber) > ($1::uuid, $2::text)
             ORDER BY event_id, subscriber LIMIT $3) AS d ${WITH_EVENT}
       ORDER BY d.event_id, d.subscriber`,
      [after?.eventId ?? NIL_UUID, after?.subscriber ?? '', limit],
    );
  }

  /**
   * Returns overdue deliveries, whose jobs may be lost, and resets their due time. Those of paused queues wait.
   *
   * @param overdueMs milliseconds past due
   */
  async takeOverdue(overdueMs: number, limit: number): Promise<Queued[]> {
    return this.sql.rows<Queued>(
      `WITH overdue AS (
         SELECT event_id, subscriber FROM messaging.event_delivery
         WHERE state = 'pending' AND due_at < now() - $1 * interval '1 ms'
           AND queue <> ALL (ARRAY(SELECT queue FROM messaging.paused_queues))
         ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED
       ), taken AS (
         UPDATE messaging.event_delivery d SET due_at = now() FROM overdue
         WHERE d.event_id = overdue.event_id AND d.subscriber = overdue.subscriber RETURNING d.*
       )
       SELECT ${QUEUED} FROM taken d ${WITH_EVENT} ORDER BY d.event_id`,
      [overdueMs, limit],
    );
  }

  /**
   * @param after the last key of the previous page
   * @returns the dead deliveries, oldest event first
   */
  async dead(after: DeliveryKey | undefined, limit: number): Promise<DeadDelivery[]> {
    return this.sql.rows<DeadDelivery>(
      `SELECT ${DEAD} FROM (SELECT * FROM messaging.event_delivery
             WHERE state = 'dead' AND (event_id, subscriber) > ($1::uuid, $2::text)
             ORDER BY event_id, subscriber LIMIT $3) AS d ${WITH_EVENT}
       ORDER BY d.event_id, d.subscriber`,
      [after?.eventId ?? NIL_UUID, after?.subscriber ?? '', limit],
    );
  }

  /**
   * @param after position of the last delivery of the previous page; a later time than all for the first page
   * @returns the dead deliveries of a queue, those that died last first, each with its position
   */
  async newestDead(
    { queue, subscribers }: DeadOf,
    [diedAt, eventId, subscriber]: DeadPosition,
    limit: number,
  ): Promise<(DeadDelivery & { diedAt: string })[]> {
    // One lookup in an index for each subscriber: `subscriber = ANY (…)` would sort all dead deliveries of the queue.
    const dead = (of: string) =>
      `SELECT * FROM messaging.event_delivery WHERE state = 'dead' AND queue = $1 ${of}
         AND (finished_at, event_id, subscriber) < ($2::timestamptz, $3::uuid, $4::text)
       ORDER BY finished_at DESC, event_id DESC, subscriber DESC LIMIT $5`;
    const from = subscribers
      ? `(SELECT found.* FROM unnest($6::text[]) AS wanted (name)
          CROSS JOIN LATERAL (${dead('AND subscriber = wanted.name')}) AS found
          ORDER BY finished_at DESC, event_id DESC, subscriber DESC LIMIT $5)`
      : `(${dead('')})`;
    return this.sql.rows<DeadDelivery & { diedAt: string }>(
      `SELECT ${DEAD}, d.finished_at::text AS "diedAt" FROM ${from} AS d ${WITH_EVENT}
       ORDER BY d.finished_at DESC, d.event_id DESC, d.subscriber DESC`,
      [queue, diedAt, eventId, subscriber, limit, ...(subscribers ? [subscribers] : [])],
    );
  }

  /** @returns the number of dead deliveries, at most 100,000: to count more would take long. */
  async countDead({ queue, subscribers }: DeadOf): Promise<number> {
    const row = await this.sql.row<{ count: number }>(
      `SELECT count(*)::int AS count FROM (SELECT 1 FROM messaging.event_delivery
         WHERE state = 'dead' AND queue = $1 AND ($2::text[] IS NULL OR subscriber = ANY ($2)) LIMIT $3) AS dead`,
      [queue, subscribers, MAX_COUNTED],
    );
    return row!.count;
  }

  /**
   * Discards a dead delivery: it will never run, and no longer holds back later events of its subject.
   *
   * @returns whether this call discarded it: false if it is not dead (any more)
   */
  async discard({ eventId, subscriber }: DeliveryKey): Promise<boolean> {
    const changed = await this.sql.execute(
      `UPDATE messaging.event_delivery SET state = 'done', discarded_at = clock_timestamp()
       WHERE state = 'dead' AND event_id = $1 AND subscriber = $2`,
      [eventId, subscriber],
    );
    return changed === 1;
  }

  /** @returns the events that are still stored, in the order in which they were stored. */
  async ofEvents(eventIds: readonly string[]): Promise<TracedEvent[]> {
    return this.sql.rows<TracedEvent & Record<string, unknown>>(
      `SELECT o.event_id AS id, o.type, o.version, o.subject, o.sequence, o.causation_id AS "causationId",
              o.occurred_at AS "occurredAt", coalesce(
                (SELECT jsonb_agg(jsonb_build_object('subscriber', d.subscriber, 'queue', d.queue,
                          'state', CASE WHEN d.discarded_at IS NULL THEN d.state ELSE 'discarded' END,
                          'attempts', d.attempts, 'lastError', d.last_error) ORDER BY d.subscriber)
                 FROM messaging.event_delivery d WHERE d.event_id = o.event_id), '[]') AS deliveries
       FROM messaging.outbox o WHERE o.event_id = ANY ($1::uuid[]) ORDER BY o.id`,
      [eventIds],
    );
  }

  /** @returns whether the queue has this delivery, whatever its state is. */
  async exists(queue: string, { eventId, subscriber }: DeliveryKey): Promise<boolean> {
    const found = await this.sql.execute(
      'SELECT 1 FROM messaging.event_delivery WHERE event_id = $1 AND subscriber = $2 AND queue = $3',
      [eventId, subscriber, queue],
    );
    return found === 1;
  }

  /** @returns a dead delivery; undefined if it is in a different state. */
  async deadOne({ eventId, subscriber }: DeliveryKey): Promise<DeadDelivery | undefined> {
    return this.sql.row<DeadDelivery>(
      `SELECT ${DEAD} FROM messaging.event_delivery d JOIN messaging.outbox o USING (event_id)
       WHERE d.state = 'dead' AND d.event_id = $1 AND d.subscriber = $2`,
      [eventId, subscriber],
    );
  }

  /**
   * Makes a dead delivery pending again.
   *
   * @returns the deliveries to queue; undefined when it is not dead (any more)
   */
  async redrive({ eventId, subscriber }: DeliveryKey): Promise<Queued | undefined> {
    return this.sql.row<Queued>(
      `WITH revived AS (
         UPDATE messaging.event_delivery SET state = 'pending', attempts = 0, finished_at = NULL, due_at = now()
         WHERE state = 'dead' AND event_id = $1 AND subscriber = $2 RETURNING *
       )
       SELECT ${QUEUED} FROM revived d JOIN messaging.outbox o USING (event_id)`,
      [eventId, subscriber],
    );
  }

  /**
   * Makes dead deliveries of a queue pending again, those that died first first.
   *
   * @param which.diedBefore timestamp; deliveries that died later remain dead
   * @param limit maximum number of deliveries
   * @returns the deliveries to queue
   */
  async redriveAll(which: DeadOf & { diedBefore: string }, limit: number): Promise<Queued[]> {
    const dead = (of: string) =>
      `SELECT event_id, subscriber FROM messaging.event_delivery
       WHERE state = 'dead' AND queue = $1 ${of} AND finished_at < $2::timestamptz
       ORDER BY finished_at, event_id LIMIT $3 FOR UPDATE SKIP LOCKED`;
    return this.sql.rows<Queued>(
      `WITH dead AS (${
        which.subscribers
          ? `SELECT found.* FROM unnest($4::text[]) AS wanted (name)
             CROSS JOIN LATERAL (${dead('AND subscriber = wanted.name')}) AS found LIMIT $3`
          : dead('')
      }), revived AS (
         UPDATE messaging.event_delivery d SET state = 'pending', attempts = 0, finished_at = NULL, due_at = now()
         FROM dead WHERE d.event_id = dead.event_id AND d.subscriber = dead.subscriber RETURNING d.*
       )
       SELECT ${QUEUED} FROM revived d ${WITH_EVENT} ORDER BY d.event_id`,
      [which.queue, which.diedBefore, limit, ...(which.subscribers ? [which.subscribers] : [])],
    );
  }

  /**
   * @param queues declared queues
   * @returns the number of deliveries that are parked, or wait for an undeclared queue, by subscriber
   */
  async stranded(
    queues: readonly string[],
  ): Promise<{ subscriber: string; state: DeliveryState; count: number }[]> {
    return this.sql.rows(
      `SELECT subscriber, state, count(*)::int AS count FROM messaging.event_delivery
       WHERE state = 'parked' OR (state = 'pending' AND queue <> ALL ($1))
       GROUP BY subscriber, state ORDER BY subscriber, state`,
      [queues],
    );
  }

  /** @returns the number of deliveries in each state except `done`, by queue. */
  async counts(): Promise<{ queue: string; state: DeliveryState; count: number }[]> {
    return this.sql.rows(
      `SELECT queue, state, count(*)::int AS count FROM messaging.event_delivery
       WHERE state <> 'done' GROUP BY queue, state`,
    );
  }

  /** A locked row can be about to become pending: a dead or parked delivery that is being resumed. */
  private async unfinished(keys: readonly DeliveryKey[]): Promise<Set<string>> {
    const rows = await this.sql.rows<DeliveryKey>(
      `SELECT event_id AS "eventId", subscriber FROM messaging.event_delivery
       JOIN unnest($1::uuid[], $2::text[]) AS key (event_id, subscriber) USING (event_id, subscriber)
       WHERE state <> 'done'`,
      columnsOf(keys),
    );
    return new Set(rows.map(nameOf));
  }
}

function outcomeOf({ state, leased, predecessor, envelope, attempts }: ClaimRow): Claimed | NotClaimed {
  if (state !== 'pending') return 'over';
  if (leased) return 'busy';
  if (predecessor) return predecessor === 'pending' ? 'early' : 'held';
  return { envelope, attempts };
}

/** PostgreSQL cannot store NUL in a text. */
function storable(text: string, length: number): string {
  return text.replaceAll('\0', '').slice(0, length);
}

function nameOf({ eventId, subscriber }: DeliveryKey): string {
  return `${eventId}:${subscriber}`;
}

/** Keys in the form for PostgreSQL's `unnest`. */
function columnsOf(keys: readonly DeliveryKey[]): [string[], string[]] {
  return [keys.map(({ eventId }) => eventId), keys.map(({ subscriber }) => subscriber)];
}
