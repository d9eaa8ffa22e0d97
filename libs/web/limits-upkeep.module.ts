import { Module } from '@nestjs/common';
import { Schedules } from '@rookery/messaging';
import { PruneRateCounters } from './rate-limits/prune-rate-counters';
import { RateLimiterModule } from './limits.module';

/** What a worker does for the rate limits of the apis; who guesses the password of operators at it, counts there too. */
@Module({ imports: [RateLimiterModule], providers: [PruneRateCounters] })
export class LimitsUpkeepModule {
  constructor(schedules: Schedules) {
    schedules.register(PruneRateCounters);
  }
}
