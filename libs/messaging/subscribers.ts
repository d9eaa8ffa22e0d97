import { Injectable, type Type } from '@nestjs/common';
import { definedEvents, DurableNames, whereIs } from '@rookery/domain';
import { Subscriptions } from '@rookery/persistence';
import { isDeclared, type RetryPolicy } from './queues';
import { type AnySubscriber, type SubscriberOptions, subscriberOptions } from './subscriber';

/** A registered subscriber. */
export interface KnownSubscriber extends SubscriberOptions {
  readonly type: Type<AnySubscriber>;
  /** Its retry policy. */
  readonly policy: RetryPolicy;
}

/** All subscribers of all contexts. Registered in both apps; only the worker runs them. */
@Injectable()
export class Subscribers {
  private readonly names = new DurableNames<Type<AnySubscriber>, KnownSubscriber>('subscriber');

  constructor(private readonly subscriptions: Subscriptions) {}

  /**
   * Registers a subscriber.
   *
   * @throws Error if one of its names is or was used by another, its event is not defined, has a version that it does
   *   not handle or is retired, or its queue is not declared
   */
  register(type: Type<AnySubscriber>): void {
    const options = subscriberOptions(type);
    if (!options) throw new Error(`${type.name} is not a subscriber.`);
    const { name, queue, ordered, interest } = options;
    if (!isDeclared(queue)) {
      throw new Error(`Subscriber ${name} uses a queue that is not declared: ${queue?.name}.`);
    }
    this.checkEvents(type, options);
    const { attempts, backoff, timeout } = queue;
    this.names.add({ ...options, type, policy: { attempts, backoff, timeout, ...options.policy } });
    // By type, because a subscriber to two versions of an event still gets each event once.
    for (const eventType of new Set(options.events.map((event) => event.type))) {
      this.subscriptions.add(eventType, { subscriber: name, queue: queue.name, ordered, interest });
    }
  }

  /** @returns the subscriber with this name, current or previous; undefined if this build has none. */
  get(name: string): KnownSubscriber | undefined {
    return this.names.get(name);
  }

  /** @returns the current and previous names of a subscriber; only this name if this build does not know it. */
  namesOf(name: string): readonly string[] {
    const known = this.get(name);
    return known ? [known.name, ...known.formerly] : [name];
  }

  /** @returns all subscribers, by name. */
  all(): readonly KnownSubscriber[] {
    return this.names.all();
  }

  /** Deliveries of a version that a subscriber does not handle would be parked forever. */
  private checkEvents(type: Type, { name, events, retired }: SubscriberOptions): void {
    const defined = definedEvents();
    if (events.some((event) => !defined.includes(event))) {
      throw new Error(`Subscriber ${name} subscribes to an event that is not defined.`);
    }
    const types = new Set(events.map((event) => event.type));
    const both = retired.find((event) => types.has(event.type));
    if (both) throw new Error(`Subscriber ${name} handles ${both.type}, which it lists as retired.`);
    const missing = defined.find((event) => types.has(event.type) && !events.includes(event));
    if (missing) {
      throw new Error(
        `Subscriber ${name} does not handle version ${missing.version} of ${missing.type}: ` +
          `add it to the events in @Subscriber() of ${whereIs(type)}.`,
      );
    }
  }
}
