import 'reflect-metadata';
import { Injectable } from '@nestjs/common';
import type { CqrsModuleOptions, CqrsModuleOptionsFactory, IEventPublisher } from '@nestjs/cqrs';
import type { RaisedEvent } from '@rookery/domain';
import { Outbox, Transaction } from '@rookery/persistence';

/** Where `@EventsHandler` and `@Saga` record what a class listens to; @nestjs/cqrs does not export the keys. */
const IN_MEMORY = { '@EventsHandler()': '__eventsHandler__', '@Saga()': '__saga__' };

/**
 * Implements `EventBus.publish` and `AggregateRoot.commit` of @nestjs/cqrs: stores events in the outbox, in the current
 * transaction, as repositories do with events of aggregates. Subscribers receive them after the commit.
 */
@Injectable()
export class OutboxPublisher implements IEventPublisher<RaisedEvent> {
  constructor(
    private readonly outbox: Outbox,
    private readonly transaction: Transaction,
  ) {}

  /**
   * @returns a promise that does not have to be awaited: the transaction waits for it, and is rolled back if it rejects
   * @throws Error outside of a transaction, and for events that no contract defines
   */
  publish(event: RaisedEvent): Promise<void> {
    return this.publishAll([event]);
  }

  publishAll(events: readonly RaisedEvent[]): Promise<void> {
    if (!this.transaction.active) {
      throw new Error(
        'EventBus.publish must be called inside a command or a subscriber: it stores the event in the same transaction as the change, and there is no transaction here.',
      );
    }
    for (const event of events) {
      if (typeof event.definition?.type !== 'string') {
        throw new Error(
          `EventBus.publish accepts only events that are declared with defineEvent(), such as occurred(PostCreated, { … }); ${event.constructor.name} is not declared.`,
        );
      }
    }
    const stored = events.length === 0 ? Promise.resolve() : this.outbox.append(events);
    this.transaction.leaveToCommit(() => stored);
    return stored;
  }
}

/** Connects the event bus of @nestjs/cqrs to the outbox. */
@Injectable()
export class CqrsOptions implements CqrsModuleOptionsFactory {
  constructor(
    private readonly outbox: Outbox,
    private readonly transaction: Transaction,
  ) {}

  createCqrsOptions(): CqrsModuleOptions {
    return { eventPublisher: new OutboxPublisher(this.outbox, this.transaction) as IEventPublisher };
  }
}

/**
 * Refuses classes that handle events in memory: their pending work is lost when the process ends.
 *
 * @param types classes of the application; others are ignored
 * @throws Error that names the class and what to write instead
 */
export function refuseInMemoryHandlers(types: readonly unknown[]): void {
  for (const type of types) {
    if (typeof type !== 'function') continue;
    for (const [decorator, key] of Object.entries(IN_MEMORY)) {
      if (Reflect.hasMetadata(key, type)) {
        throw new Error(
          `${type.name} has ${decorator}, which loses its events when the process ends. Make it a @Subscriber(): docs/guides/from-nestjs-cqrs.md.`,
        );
      }
    }
  }
}
