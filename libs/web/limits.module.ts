import { Global, Module } from '@nestjs/common';
import { KeepIdempotent } from './idempotency/keep-idempotent';
import { RateLimiter } from './rate-limits/rate-limiter';
import { RedisBuckets } from './rate-limits/redis-buckets';
import { RateLimitSettings } from './rate-limits/settings';

/** Rate limits and idempotency keys: `createWebApp` puts them around every route where this is imported. */
@Global()
@Module({
  providers: [KeepIdempotent, RateLimiter, RateLimitSettings, RedisBuckets],
  exports: [KeepIdempotent, RateLimiter],
})
export class LimitsModule {}
