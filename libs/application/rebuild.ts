import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Clock, type EventEnvelope, newId, type RaisedEvent } from '@rookery/domain';
import { type AnySubscriber, isRebuildable, type Rebuildable, Snooze, Subscribers } from '@rookery/messaging';
import { isDatabaseUnavailable, Transaction } from '@rookery/persistence';

/** Rows per transaction of a sweep. */
const SWEEP = 1_000;
/** Events per transaction. */
const TOGETHER = 20;
/** Attempts for a part of a sweep, and for a single event: they can conflict with a lock of an active worker. */
const TRIES = 5;

/** Result of a rebuild. */
export interface Rebuilt {
  /** Number of replayed events. */
  events: number;
}

/**
 * Rebuilds projections from stored data: it removes rows without a source in the stored data, then replays the stored
 * data as events through the regular subscriber. The outbox cannot be the source because it is pruned.
 */
@Injectable()
export class Rebuild {
  constructor(
    private readonly clock: Clock,
    private readonly moduleRef: ModuleRef,
    private readonly subscribers: Subscribers,
    private readonly transaction: Transaction,
  ) {}

  /** @returns names of the subscribers that can be rebuilt: `social.project-feed` */
  names(): string[] {
    return this.subscribers.all().flatMap(({ name, type }) => (isRebuildable(type.prototype) ? [name] : []));
  }

  /**
   * Rebuilds the projection of one subscriber. It can be interrupted and run again at any time.
   *
   * @throws Error if there is no such subscriber, or the subscriber fails five times in a row
   */
  async run(name: string): Promise<Rebuilt> {
    const subscriber = this.find(name);
    let after: string | null = null;
    do {
      after = await this.patiently(() => subscriber.sweep(after, SWEEP));
    } while (after !== null);
    let events = 0;
    for await (const page of subscriber.replay()) {
      for (let start = 0; start < page.length; start += TOGETHER) {
        await this.hand(name, subscriber, page.slice(start, start + TOGETHER));
      }
      events += page.length;
    }
    return { events };
  }

  private find(name: string): AnySubscriber & Rebuildable {
    const known = this.subscribers.get(name);
    if (!known || !isRebuildable(known.type.prototype)) {
      throw new Error(`There is no projection ${name}. Available projections: ${this.names().join(', ')}.`);
    }
    return this.moduleRef.get<AnySubscriber & Rebuildable>(known.type, { strict: false });
  }

  /** All in one transaction; if that fails, each in its own. */
  private async hand(name: string, subscriber: AnySubscriber, events: readonly RaisedEvent[]): Promise<void> {
    try {
      await this.transaction.run(async () => {
        for (const event of events) await this.handle(name, subscriber, event);
      });
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error;
      for (const event of events) await this.patiently(() => this.handle(name, subscriber, event));
    }
  }

  private async patiently<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.transaction.run(work);
      } catch (error) {
        if (attempt === TRIES || isDatabaseUnavailable(error)) throw error;
        if (error instanceof Snooze) await pause(error.delayMs);
      }
    }
  }

  private async handle(
    name: string,
    subscriber: AnySubscriber,
    { definition: { type, version }, subject, sequence, data }: RaisedEvent,
  ): Promise<void> {
    const event: EventEnvelope = {
      id: newId(),
      type,
      version,
      occurredAt: this.clock.now().toISOString(),
      subject,
      sequence,
      actorId: null,
      correlationId: null,
      causationId: null,
      traceparent: null,
      data,
    };
    const signal = new AbortController().signal;
    await subscriber.handle(event, { key: `${event.id}:${name}`, number: 1, signal });
  }
}
