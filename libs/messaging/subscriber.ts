import 'reflect-metadata';
import { Injectable } from '@nestjs/common';
import type { EventDefinition, EventEnvelope, EventOf, RaisedEvent } from '@rookery/domain';
import type { QueueDefinition } from './queues';

/** What a subscriber is told beside the event. */
export interface Attempt {
  /** `<event id>:<subscriber>`, the same on every attempt: hand it on to whatever can drop duplicates. */
  readonly key: string;
  /** 1 on the first try. */
  readonly number: number;
  /** Aborts when the queue's time-out has passed. */
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
 * A subscriber whose rows follow from what is stored elsewhere implements it, and `npm run rebuild` can make them anew.
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
export interface SubscriberOptions {
  events: readonly EventDefinition[];
  queue: QueueDefinition;
  ordered: boolean;
}

const KEY = Symbol('subscriber');

/**
 * Marks a class as the reaction to one event or several.
 *
 * @param events what it reacts to
 * @param options.queue carries its work and decides about retries
 * @param options.ordered it must see the events of one subject one after the other, in their order; a delivery that
 *   was given up then holds back its successors until somebody redrives or discards it
 */
export function Subscriber(
  events: EventDefinition | readonly EventDefinition[],
  options: { queue: QueueDefinition; ordered?: boolean },
): ClassDecorator {
  return (target) => {
    const list = Array.isArray(events) ? events : [events];
    Reflect.defineMetadata(
      KEY,
      { events: list, queue: options.queue, ordered: options.ordered ?? false },
      target,
    );
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
