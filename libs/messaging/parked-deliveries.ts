import { Injectable } from '@nestjs/common';
import { HealthChecks } from '@rookery/observability';
import { Deliveries } from '@rookery/persistence';
import { declaredQueues } from './queues';
import { Subscribers } from './subscribers';

/** Subscribers that the probe names; of more it says how many. */
const MAX_NAMED = 3;

/**
 * Lets the probes tell of deliveries that nobody here can take: during a deployment for a moment, after a rename without
 * `formerly` for good. See docs/runbooks/parked-deliveries.md.
 */
@Injectable()
export class ParkedDeliveries {
  constructor(
    private readonly deliveries: Deliveries,
    private readonly subscribers: Subscribers,
    checks: HealthChecks,
  ) {
    checks.addDependency('deliveries', () => this.check(), { critical: false, ready: 'never' });
  }

  private async check(): Promise<void | { degraded: string }> {
    const stranded = await this.deliveries.stranded(declaredQueues().map(({ name }) => name));
    if (stranded.length === 0) return;
    const told = stranded.slice(0, MAX_NAMED).map(({ subscriber, state, count }) => {
      const reason = !this.subscribers.get(subscriber)
        ? 'no subscriber has, or had, this name'
        : state === 'parked'
          ? 'it does not take this version of the event'
          : 'its queue is not declared';
      return `${count} of ${subscriber} (${reason})`;
    });
    if (stranded.length > MAX_NAMED) told.push(`and of ${stranded.length - MAX_NAMED} more`);
    return {
      degraded: `Nobody takes deliveries: ${told.join(', ')}. See docs/runbooks/parked-deliveries.md.`,
    };
  }
}
