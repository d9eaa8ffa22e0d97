import { Module } from '@nestjs/common';
import { Schedules } from '@rookery/messaging';
import { PruneRateCounters } from './rate-limits/prune-rate-counters';
import { RateLimiterModule } from './limits.module';

/** The maintenance of rate limits by a worker. Wrong operator passwords at the worker also count in these limits. */
@Module({ imports: [RateLimiterModule], providers: [PruneRateCounters] })
export class LimitsUpkeepModule {
  constructor(schedules: Schedules) {
    schedules.register(PruneRateCounters);
  }
}
