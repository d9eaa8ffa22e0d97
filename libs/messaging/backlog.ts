import { Injectable } from '@nestjs/common';
import { Deliveries, type DeliveryState, Outbox } from '@rookery/persistence';
import { QueuePauses } from './queue-pauses';
import { declaredQueues } from './queues';

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

  /** @returns whether a queue is declared here, or was: something of it is not finished, or it is paused. */
  async knows(queue: string): Promise<boolean> {
    if (declaredQueues().some(({ name }) => name === queue)) return true;
    const { deliveries, paused } = await this.measure();
    return paused.has(queue) || deliveries.some((each) => each.queue === queue);
  }
}
