import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { counter, gauge, histogram } from '@rookery/observability';
import { Backlog, type BacklogSize } from './backlog';
import { declaredQueues } from './queues';

export const deliveriesTotal = counter({
  name: 'rookery_deliveries_total',
  help: 'Deliveries by subscriber and outcome: done, retried, dead, parked, discarded.',
  labels: ['subscriber', 'outcome'],
});

export const deliverySeconds = histogram({
  name: 'rookery_delivery_duration_seconds',
  help: 'Duration of a delivery attempt in seconds.',
  labels: ['subscriber'],
});

/** Milliseconds for which a measurement is reused by further scrapes. */
const FRESH_MS = 5_000;

/** Set only in workers. */
let measure: (() => Promise<BacklogSize>) | undefined;
let latest: { at: number; backlog: Promise<BacklogSize | undefined> } | undefined;

/** @returns the backlog; undefined while PostgreSQL is unavailable. */
function backlog(): Promise<BacklogSize | undefined> {
  if (!latest || performance.now() - latest.at > FRESH_MS) {
    const asked = measure?.().catch(() => undefined);
    latest = { at: performance.now(), backlog: asked ?? Promise.resolve(undefined) };
  }
  return latest.backlog;
}

gauge({
  name: 'rookery_outbox_unpublished_events',
  help: 'Stored events that are not yet queued.',
  async collect(self) {
    const found = await backlog();
    if (found) self.set(found.outbox.events);
    else self.remove();
  },
});

gauge({
  name: 'rookery_outbox_oldest_seconds',
  help: 'Age of the oldest event that is not yet queued, in seconds; 0 if there is none.',
  async collect(self) {
    const found = await backlog();
    if (found) self.set(found.outbox.oldestSeconds);
    else self.remove();
  },
});

gauge({
  name: 'rookery_deliveries_open',
  help: 'Unfinished deliveries, by queue and state: pending, dead, parked.',
  labels: ['queue', 'state'],
  async collect(self) {
    self.reset();
    const found = await backlog();
    if (!found) return;
    for (const { name } of declaredQueues()) {
      for (const state of ['pending', 'dead', 'parked']) self.set({ queue: name, state }, 0);
    }
    for (const { queue, state, count } of found.deliveries) self.set({ queue, state }, count);
  },
});

gauge({
  name: 'rookery_queue_paused',
  help: '1 if an operator has paused the queue: its deliveries are late on purpose; otherwise 0.',
  labels: ['queue'],
  async collect(self) {
    self.reset();
    const found = await backlog();
    if (!found) return;
    for (const { name } of declaredQueues()) self.set({ queue: name }, found.paused.has(name) ? 1 : 0);
  },
});

/** Adds the backlog of outbox and ledger to the metrics of this process. */
@Injectable()
export class BacklogMetrics implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly measure = (): Promise<BacklogSize> => this.size.measure();

  constructor(private readonly size: Backlog) {}

  onApplicationBootstrap(): void {
    measure = this.measure;
  }

  onModuleDestroy(): void {
    if (measure === this.measure) measure = undefined;
  }
}
