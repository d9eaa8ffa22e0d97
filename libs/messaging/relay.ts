import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { HealthChecks } from '@rookery/observability';
import { isDatabaseUnavailable, Outbox, Transaction } from '@rookery/persistence';
import { Dispatch } from './dispatch';
import { Loop } from './loop';
import { RedisConnections } from '@rookery/redis';
import { HINT_CHANNEL } from './relay-hint';

/** Maximum delay of an event if its hint is lost. Each poll costs five statements on every worker, even when idle. */
const POLL_MS = 500;
const BATCH = 200;
/**
 * A batch is bounded by the timeouts of PostgreSQL and Redis: if no batch finishes for longer than this, nothing is
 * published.
 */
const STALLED_MS = 15_000;
const RESTART_MS = 60_000;

class QueuesUnavailable extends Error {}

/**
 * Moves events from the outbox to the queues. Every worker runs one, and only one relay at a time handles a shard, so
 * the events of one subject are published in order. After a crash between queueing and the commit, events are queued
 * again.
 */
@Injectable()
export class Relay implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: Loop;

  constructor(
    private readonly outbox: Outbox,
    private readonly transaction: Transaction,
    private readonly dispatch: Dispatch,
    private readonly redis: RedisConnections,
    health: HealthChecks,
  ) {
    this.loop = new Loop('relay', POLL_MS, () => this.drain(), {
      checks: health,
      importance: { critical: false, ready: 'always' },
      stalledMs: STALLED_MS,
      restartMs: RESTART_MS,
      isAway: (error) => error instanceof QueuesUnavailable || isDatabaseUnavailable(error),
    });
  }

  onApplicationBootstrap(): void {
    const wake = () => this.loop.wake();
    this.redis.listening(HINT_CHANNEL, wake).on('message', wake);
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
  }

  /** Publishes until this relay can lock no more events. */
  private async drain(): Promise<void> {
    while (!this.loop.stopping && (await this.publish()) === BATCH) this.loop.progress();
  }

  /** @returns number of published events. */
  private publish(): Promise<number> {
    return this.transaction.run(
      async () => {
        const events = await this.outbox.takeUnpublished(BATCH);
        if (events.length === 0) return 0;
        const deliveries = events.flatMap(({ eventId, type, subject, deliveries: each }) =>
          each.map((delivery) => ({ ...delivery, eventId, type, subject, delayMs: 0 })),
        );
        await this.dispatch.add(deliveries).catch((error: Error) => {
          throw new QueuesUnavailable(error.message, { cause: error });
        });
        this.outbox.markPublished(events.map(({ id }) => id));
        return events.length;
      },
      { redone: true, byKey: true },
    );
  }
}
