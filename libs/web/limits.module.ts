import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';
import { globally } from './edge.module';
import { KeepIdempotent } from './idempotency/keep-idempotent';
import { RateLimitGuard } from './rate-limits/limit-requests';
import { definedPolicies, throttlerOf } from './rate-limits/policies';
import { RateCounters } from './rate-limits/rate-counters';
import { RateLimiter } from './rate-limits/rate-limiter';
import { RedisBuckets } from './rate-limits/redis-buckets';
import { RateLimitSettings } from './rate-limits/settings';

/** Counts requests, and attempts with operator credentials. */
@Global()
@Module({
  providers: [RateCounters, RateLimiter, RateLimitSettings, RedisBuckets],
  exports: [RateCounters, RateLimiter],
})
export class RateLimiterModule {}

/**
 * Rate limits and idempotency keys for every route. Import it before `WebModule`: guards run in the order of their
 * modules, and requests must be counted before permissions are checked.
 */
@Module({
  imports: [
    RateLimiterModule,
    ThrottlerModule.forRootAsync({
      inject: [RateLimiter],
      useFactory: (storage: RateLimiter) => ({
        storage,
        throttlers: definedPolicies().map((policy) => throttlerOf(policy)),
      }),
    }),
  ],
  providers: [...globally(APP_GUARD, RateLimitGuard), KeepIdempotent],
})
export class LimitsModule {}
