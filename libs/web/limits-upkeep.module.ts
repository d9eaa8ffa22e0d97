import { Module } from '@nestjs/common';
import { Schedules } from '@rookery/messaging';
import { PruneRateCounters } from './rate-limits/prune-rate-counters';
import { RateCounters } from './rate-limits/rate-counters';

/** What a worker does for the rate limits of the apis. */
@Module({ providers: [PruneRateCounters, RateCounters] })
export class LimitsUpkeepModule {
  constructor(schedules: Schedules) {
    schedules.register(PruneRateCounters);
  }
}
