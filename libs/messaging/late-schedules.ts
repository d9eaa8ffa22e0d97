import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { gauge, HealthChecks } from '@rookery/observability';
import { Schedules } from './schedule';

/** Seconds of delay after which a schedule is reported as late. Failed runs are retried every second. */
const MAX_LATE_SECONDS = 300;
/** Maximum schedules that the probe lists by name; the others are only counted. */
const MAX_NAMED = 3;

/** Set only in workers. */
let measure: (() => Promise<ReadonlyMap<string, number>>) | undefined;

gauge({
  name: 'rookery_schedule_late_seconds',
  help: 'Seconds since the start of the first slot of a schedule that no worker has run; 0 if there is none.',
  labels: ['schedule'],
  async collect(self) {
    self.reset();
    const found = await measure?.().catch(() => undefined);
    for (const [schedule, seconds] of found ?? []) self.set({ schedule }, seconds);
  },
});

/** Reports late schedules to metrics and probes. */
@Injectable()
export class LateSchedules implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly measure = (): Promise<ReadonlyMap<string, number>> => this.schedules.lateness();

  constructor(
    private readonly schedules: Schedules,
    checks: HealthChecks,
  ) {
    checks.addDependency('schedules', () => this.check(), { critical: false, ready: 'never' });
  }

  onApplicationBootstrap(): void {
    measure = this.measure;
  }

  onModuleDestroy(): void {
    if (measure === this.measure) measure = undefined;
  }

  private async check(): Promise<void | { degraded: string }> {
    const late = [...(await this.schedules.lateness())].filter(([, seconds]) => seconds > MAX_LATE_SECONDS);
    if (late.length === 0) return;
    const told = late
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, MAX_NAMED)
      .map(([name, seconds]) => `${name} for ${Math.floor(seconds / 60)} min`);
    if (late.length > MAX_NAMED) told.push(`and ${late.length - MAX_NAMED} more`);
    return { degraded: `No worker has run these schedules: ${told.join(', ')}. The log says why.` };
  }
}
