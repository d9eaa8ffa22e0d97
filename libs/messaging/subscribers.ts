import { Injectable, type Type } from '@nestjs/common';
import { definedEvents } from '@rookery/domain';
import { Subscriptions } from '@rookery/persistence';
import { isDeclared } from './queues';
import { type AnySubscriber, type SubscriberOptions, subscriberOptions } from './subscriber';

/** A subscriber that the system knows. */
export interface KnownSubscriber extends SubscriberOptions {
  /** `<context>.<class name in kebab-case>`: the key of its rows in the ledger, so a renamed class is a new subscriber. */
  readonly name: string;
  readonly type: Type<AnySubscriber>;
}

/** All subscribers of all contexts. Known to both apps; the worker alone runs them. */
@Injectable()
export class Subscribers {
  private readonly byName = new Map<string, KnownSubscriber>();

  constructor(private readonly subscriptions: Subscriptions) {}

  /**
   * Makes a subscriber known.
   *
   * @throws Error when its name is taken, its event is not defined or its queue is not declared
   */
  register(context: string, type: Type<AnySubscriber>): void {
    const options = subscriberOptions(type);
    if (!options) throw new Error(`${type.name} is no subscriber.`);
    const name = `${context}.${kebab(type.name)}`;
    if (this.byName.has(name)) throw new Error(`There are two subscribers named ${name}.`);
    if (!isDeclared(options.queue)) {
      throw new Error(`Subscriber ${name} names a queue that is not declared: ${options.queue?.name}.`);
    }
    if (options.events.some((event) => !definedEvents().includes(event))) {
      throw new Error(`Subscriber ${name} reacts to an event nobody defined.`);
    }
    // By type, since one who takes two versions of an event still gets each event once.
    for (const eventType of new Set(options.events.map((event) => event.type))) {
      this.subscriptions.add(eventType, {
        subscriber: name,
        queue: options.queue.name,
        ordered: options.ordered,
      });
    }
    this.byName.set(name, { ...options, name, type });
  }

  /** @returns the subscriber of this name; undefined when this build has none. */
  get(name: string): KnownSubscriber | undefined {
    return this.byName.get(name);
  }

  /** @returns all subscribers, by name. */
  all(): readonly KnownSubscriber[] {
    return [...this.byName.values()].sort((a, b) => a.name.localeCompare(b.name));
  }
}

function kebab(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
}
