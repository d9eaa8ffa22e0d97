import { Injectable } from '@nestjs/common';
import { Deliveries, type DeliveryState, Outbox } from '@rookery/persistence';
import { QueuePauses } from './queue-pauses';

/** What is stored but not finished. */
export interface BacklogSize {
  outbox: { events: number; oldestSeconds: number };
  deliveries: { queue: string; state: DeliveryState; count: number }[];
  /** Names of the paused queues. */
  paused: ReadonlySet<string>;
}

/** Measures the backlog of outbox and ledger, for metrics and operators. */
@Injectable()
export class Backlog {
  constructor(
    private readonly deliveries: Deliveries,
    private readonly outbox: Outbox,
    private readonly pauses: QueuePauses,
  ) {}

  /** @returns the backlog now. The cost grows with the backlog, not with what was published or done. */
  async measure(): Promise<BacklogSize> {
    const [outbox, deliveries, paused] = await Promise.all([
      this.outbox.lag(),
      this.deliveries.counts(),
      this.pauses.all(),
    ]);
    return { outbox, deliveries, paused };
  }
}
