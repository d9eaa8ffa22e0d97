import 'reflect-metadata';
import { Injectable } from '@nestjs/common';
import {
  type DurableName,
  durableName,
  type EventDefinition,
  type EventEnvelope,
  type EventOf,
  type RaisedEvent,
} from '@rookery/domain';
import type { OccurringEvent } from '@rookery/persistence';
import type { QueueDefinition, RetryPolicy } from './queues';

/** Information about an attempt, in addition to the event. */
export interface Attempt {
  /**
   * `<event id>:<subscriber>`, the same on every attempt, even if the subscriber is renamed. Pass it to services that
   * can detect duplicates.
   */
  readonly key: string;
  /** 1 for the first attempt. */
  readonly number: number;
  /** Aborts after the timeout of the subscriber, or of its queue. */
  readonly signal: AbortSignal;
}

/** Handles events; see {@link Subscriber}. */
export interface Handles<D extends EventDefinition> {
  /**
   * Executes the effect. On a `database` queue inside the transaction that marks the delivery done; on an `outside`
   * queue in no transaction. Throw {@link Reject} to fail without a retry, {@link Snooze} to be called again later,
   * anything else to retry. A `Rejection` is not retried either, except `dependency.unavailable` and
   * `resource.conflict`.
   */
  handle(event: EventOf<D>, attempt: Attempt): Promise<void>;
  /** Called in the transaction that marks the delivery dead. Compensate here if necessary. */
  onDiscarded?(event: EventOf<D>, reason: Error): Promise<void>;
}

/** Permanent failure: the delivery becomes dead without another attempt. */
export class Reject extends Error {
  override readonly name = 'Reject';
}

/** Not now: retry later without counting an attempt. */
export class Snooze extends Error {
  override readonly name = 'Snooze';

  /** @param delayMs milliseconds until the next attempt */
  constructor(readonly delayMs: number) {
    super(`Snoozed for ${delayMs} ms.`);
  }
}

/**
 * Implemented by subscribers that maintain a projection, so that `npm run rebuild` can rebuild it. `handle` must make
 * the rows match the stored state, so that neither order nor repetition matters: a rebuild runs concurrently with
 * active workers.
 */
export interface Rebuildable {
  /**
   * Removes rows without a source in the stored state, one batch at a time, in the current transaction. It is called
   * again, each time in a separate transaction, until there are no more rows.
   *
   * @param after end of the previous batch; null for the first
   * @param limit maximum rows to check
   * @returns end of this batch; null if there are no more rows
   */
  sweep(after: string | null, limit: number): Promise<string | null>;
  /** Returns events that would lead to the stored state, in pages. Reads outside of any transaction. */
  replay(): AsyncIterable<readonly RaisedEvent[]>;
}

/** @returns whether a subscriber can be rebuilt */
export function isRebuildable<S extends object>(subscriber: S): subscriber is S & Rebuildable {
  return 'sweep' in subscriber && 'replay' in subscriber;
}

/** Metadata that {@link Subscriber} stores about a class. */
export interface SubscriberOptions extends DurableName {
  events: readonly EventDefinition[];
  /** See {@link Subscriber}. */
  retired: readonly EventDefinition[];
  queue: QueueDefinition;
  ordered: boolean;
  /** See {@link Subscriber}. */
  interest?: (event: OccurringEvent) => readonly string[];
  /** Overrides of the queue's retry policy. */
  policy: Partial<RetryPolicy>;
}

const KEY = Symbol('subscriber');

/**
 * Marks a class as a subscriber to one or several events.
 *
 * @param name `<context>.<effect>`, stored in its deliveries in the ledger: do not change it when you rename the class
 * @param events events that it handles
 * @param options.queue queue of its work, with default retry policy
 * @param options.attempts before a delivery becomes dead
 * @param options.backoff milliseconds between attempts, see {@link RetryPolicy}
 * @param options.timeout timeout of one attempt in milliseconds
 * @param options.formerly previous names: it takes over their deliveries
 * @param options.retired events that it handled in earlier releases: their stored deliveries are finished without effect
 * @param options.ordered whether it must receive the events of one subject in order; a dead delivery then blocks the
 *   later ones until an operator redrives or discards it
 * @param options.interest returns keys of an event. The event is delivered only if one of them is registered in
 *   `Interests`: for subscribers that need few of many events. It is called while the event is stored, so it must be
 *   fast and must not throw
 * @throws Error if a name is malformed
 */
export function Subscriber(
  name: string,
  events: EventDefinition | readonly EventDefinition[],
  {
    queue,
    ordered = false,
    formerly,
    retired = [],
    interest,
    ...policy
  }: {
    queue: QueueDefinition;
    ordered?: boolean;
    formerly?: readonly string[];
    retired?: readonly EventDefinition[];
    interest?: (event: OccurringEvent) => readonly string[];
  } & Partial<RetryPolicy>,
): ClassDecorator {
  const list = Array.isArray(events) ? events : [events];
  const options = {
    ...durableName('subscriber', name, formerly),
    events: list,
    retired,
    queue,
    ordered,
    interest,
    policy,
  };
  return (target) => {
    Reflect.defineMetadata(KEY, options, target);
    Injectable()(target);
  };
}

/** @returns the {@link Subscriber} metadata; undefined for any other class. */
export function subscriberOptions(target: object): SubscriberOptions | undefined {
  return Reflect.getMetadata(KEY, target) as SubscriberOptions | undefined;
}

/** Any subscriber, as the consumer sees it. */
export type AnySubscriber = {
  handle(event: EventEnvelope, attempt: Attempt): Promise<void>;
  onDiscarded?(event: EventEnvelope, reason: Error): Promise<void>;
};
