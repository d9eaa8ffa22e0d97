import { Injectable } from '@nestjs/common';
import { HealthChecks } from '@rookery/observability';
import { Deliveries } from '@rookery/persistence';
import { declaredQueues } from './queues';
import { Subscribers } from './subscribers';

/** Maximum subscribers that the probe lists by name; the others are only counted. */
const MAX_NAMED = 3;

/**
 * Reports deliveries that no subscriber handles to the probes: temporary during a deployment, permanent after a rename
 * without `formerly`. See docs/runbooks/parked-deliveries.md.
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
          ? 'it does not take this event, or this version of it'
          : 'its queue is not declared';
      return `${count} of ${subscriber} (${reason})`;
    });
    if (stranded.length > MAX_NAMED) told.push(`and of ${stranded.length - MAX_NAMED} more`);
    return {
      degraded: `No subscriber handles these deliveries: ${told.join(', ')}. See docs/runbooks/parked-deliveries.md.`,
    };
  }
}
