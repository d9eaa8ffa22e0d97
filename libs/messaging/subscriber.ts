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
import type { QueueDefinition, RetryPolicy } from './queues';

/** What a subscriber is told beside the event. */
export interface Attempt {
  /** `<event id>:<subscriber>`, the same on every attempt, also after the subscriber was renamed: hand it on to whatever can drop duplicates. */
  readonly key: string;
  /** 1 on the first try. */
  readonly number: number;
  /** Aborts when the time-out of the subscriber, or of its queue, has passed. */
  readonly signal: AbortSignal;
}

/** Reacts to events; see {@link Subscriber}. */
export interface Handles<D extends EventDefinition> {
  /**
   * Does the effect. On a `database` queue inside the transaction that marks the delivery done; on an `outside` queue
   * in none. Throw {@link Reject} to give up at once, {@link Snooze} to be asked again later, anything else to retry.
   * A `Rejection` gives up at once too, but for `dependency.unavailable` and `resource.conflict`.
   */
  handle(event: EventOf<D>, attempt: Attempt): Promise<void>;
  /** Called in the transaction that gives the delivery up: the place to compensate. */
  onDiscarded?(event: EventOf<D>, reason: Error): Promise<void>;
}

/** This will never work: give the delivery up without another attempt. */
export class Reject extends Error {
  override readonly name = 'Reject';
}

/** Not now: ask again later without counting an attempt. */
export class Snooze extends Error {
  override readonly name = 'Snooze';

  /** @param delayMs milliseconds until the next try */
  constructor(readonly delayMs: number) {
    super(`Snoozed for ${delayMs} ms.`);
  }
}

/**
 * A subscriber that keeps a projection implements it, so that `npm run rebuild` can rebuild the projection.
 * Its `handle` must make rows what the stored state says, so that neither order nor repetition matters: a rebuild runs
 * beside working workers.
 */
export interface Rebuildable {
  /**
   * Removes those of some rows that the stored state does not explain, in the present transaction. It is called again,
   * each time in a transaction of its own, until there are no more rows.
   *
   * @param after where the part before ended; null for the first
   * @param limit most rows to look at
   * @returns where this part ended; null when there are no more rows
   */
  sweep(after: string | null, limit: number): Promise<string | null>;
  /** Restates the stored state as the events that would lead to it, in pages; it reads outside any transaction. */
  replay(): AsyncIterable<readonly RaisedEvent[]>;
}

/** @returns whether a subscriber can be rebuilt */
export function isRebuildable<S extends object>(subscriber: S): subscriber is S & Rebuildable {
  return 'sweep' in subscriber && 'replay' in subscriber;
}

/** What {@link Subscriber} records about a class. */
export interface SubscriberOptions extends DurableName {
  events: readonly EventDefinition[];
  queue: QueueDefinition;
  ordered: boolean;
  /** What it does otherwise than its queue. */
  policy: Partial<RetryPolicy>;
}

const KEY = Symbol('subscriber');

/**
 * Marks a class as the reaction to one event or several.
 *
 * @param name `<context>.<effect>`, which its deliveries in the ledger bear: it stays when the class is renamed
 * @param events what it reacts to
 * @param options.queue carries its work; says what happens when it fails, unless the other options do
 * @param options.attempts before a delivery is given up
 * @param options.backoff milliseconds between attempts, see {@link RetryPolicy}
 * @param options.timeout milliseconds one attempt may take
 * @param options.formerly names it had before: it takes up their deliveries
 * @param options.ordered it must see the events of one subject one after the other, in their order; a delivery that
 *   was given up then holds back its successors until somebody redrives or discards it
 * @throws Error when a name is misspelt
 */
export function Subscriber(
  name: string,
  events: EventDefinition | readonly EventDefinition[],
  {
    queue,
    ordered = false,
    formerly,
    ...policy
  }: { queue: QueueDefinition; ordered?: boolean; formerly?: readonly string[] } & Partial<RetryPolicy>,
): ClassDecorator {
  const list = Array.isArray(events) ? events : [events];
  const options = { ...durableName('subscriber', name, formerly), events: list, queue, ordered, policy };
  return (target) => {
    Reflect.defineMetadata(KEY, options, target);
    Injectable()(target);
  };
}

/** @returns what {@link Subscriber} recorded; undefined for any other class. */
export function subscriberOptions(target: object): SubscriberOptions | undefined {
  return Reflect.getMetadata(KEY, target) as SubscriberOptions | undefined;
}

/** Any subscriber, as the consumer sees it. */
export type AnySubscriber = {
  handle(event: EventEnvelope, attempt: Attempt): Promise<void>;
  onDiscarded?(event: EventEnvelope, reason: Error): Promise<void>;
};
