import { randomUUID } from 'node:crypto';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { HealthChecks } from '@rookery/observability';
import { Deliveries, type DeliveryKey, pages, type Queued, Sql, Transaction } from '@rookery/persistence';
import { Dispatch } from './dispatch';
import { Loop } from './loop';
import { PREFIX, RedisConnections } from '@rookery/redis';
import { QueuePauses } from './queue-pauses';
import { Subscribers } from './subscribers';

const EPOCH_KEY = `${PREFIX}:epoch`;
const WATCH_MS = 1_000;
const SWEEP_MS = 10_000;
const OVERDUE_MS = 60_000;
const PAGE = 1_000;
const STALLED_MS = 60_000;

/**
 * Queues deliveries from the ledger that Redis has lost. Redis holds a marker that PostgreSQL also stores: if it is
 * missing or different, Redis was flushed or replaced, and all pending deliveries are queued again. A slow sweep finds
 * single lost jobs. It also pauses and resumes the queues in Redis as the ledger says.
 */
@Injectable()
export class Redrive implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger(Redrive.name);
  private readonly watch: Loop;
  private readonly sweep: Loop;
  private epoch: string | undefined;

  constructor(
    private readonly deliveries: Deliveries,
    private readonly dispatch: Dispatch,
    private readonly pauses: QueuePauses,
    private readonly redis: RedisConnections,
    private readonly sql: Sql,
    private readonly subscribers: Subscribers,
    private readonly transaction: Transaction,
    checks: HealthChecks,
  ) {
    const health = {
      checks,
      importance: { critical: false, ready: 'never' },
      stalledMs: STALLED_MS,
    } as const;
    this.watch = new Loop('redrive', WATCH_MS, () => this.watchRedis(), health);
    this.sweep = new Loop('sweep', SWEEP_MS, () => this.queueOverdue(), health);
  }

  onApplicationBootstrap(): void {
    this.watch.start();
    this.sweep.start();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.watch.stop(), this.sweep.stop()]);
  }

  private async watchRedis(): Promise<void> {
    await this.checkEpoch();
    await this.pauses.apply();
  }

  private async checkEpoch(): Promise<void> {
    const seen = await this.redis.shared.get(EPOCH_KEY);
    if (seen !== null && seen === this.epoch) return;
    await this.transaction.run(async () => {
      await this.sql.execute(`SELECT pg_advisory_xact_lock(hashtext('messaging.queue_epoch'))`);
      const stored = await this.sql.row<{ epoch: string }>('SELECT epoch FROM messaging.queue_epoch');
      const current = await this.redis.shared.get(EPOCH_KEY);
      if (current !== null && current === stored?.epoch) {
        this.epoch = current;
        return;
      }
      const epoch = current ?? randomUUID();
      await this.pauses.apply(); // first, so that no job of a paused queue runs
      const queued = await this.queueEverything();
      if (stored)
        this.log.warn(`Redis is empty or was replaced: queued ${queued} deliveries again from the ledger.`);
      else this.log.log(`First worker of this database: queued its ${queued} pending deliveries.`);
      await this.redis.shared.set(EPOCH_KEY, epoch);
      await this.sql.execute(
        `INSERT INTO messaging.queue_epoch (epoch) VALUES ($1) ON CONFLICT (one_row) DO UPDATE SET epoch = excluded.epoch`,
        [epoch],
      );
      this.epoch = epoch;
    });
  }

  /** @returns number of queued deliveries */
  private async queueEverything(): Promise<number> {
    let queued = 0;
    for await (const page of all((after, limit) => this.deliveries.pending(after, limit))) {
      await this.dispatch.add(page);
      this.watch.progress();
      queued += page.length;
    }
    for await (const page of all((after, limit) => this.deliveries.dead(after, limit))) {
      for (const delivery of page) await this.dispatch.addFailed(delivery);
      this.watch.progress();
    }
    return queued;
  }

  private async queueOverdue(): Promise<void> {
    const known = this.subscribers.all().flatMap(({ name, formerly, events, retired }) => {
      const finished = [...events, ...retired.map(({ type }) => ({ type, version: null }))];
      return [name, ...formerly].flatMap((subscriber) =>
        finished.map(({ type, version }) => ({ subscriber, type, version })),
      );
    });
    await this.queueAll(() => this.deliveries.unpark(known, PAGE));
    await this.queueAll(() => this.deliveries.takeOverdue(OVERDUE_MS, PAGE));
  }

  /** One transaction for each page: no worker can claim a delivery while its row is locked. */
  private async queueAll(take: () => Promise<Queued[]>): Promise<void> {
    for (let taken = PAGE; taken === PAGE && !this.sweep.stopping;) {
      taken = await this.transaction.run(async () => {
        const deliveries = await take();
        await this.dispatch.add(deliveries);
        return deliveries.length;
      });
      this.sweep.progress();
    }
  }
}

function all<Row extends DeliveryKey>(
  read: (after: DeliveryKey | undefined, limit: number) => Promise<Row[]>,
): AsyncGenerator<readonly Row[]> {
  return pages(PAGE, undefined, read, (row): DeliveryKey | undefined => row);
}
