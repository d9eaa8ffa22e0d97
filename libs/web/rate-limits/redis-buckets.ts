import { PREFIX, RedisConnections } from '@rookery/redis';
import { Injectable } from '@nestjs/common';
import type { Buckets, TokenRequest, TokenGrant } from './buckets';

/**
 * Takes a token from every bucket, or none from any. A bucket is the microsecond at which it is full again, by Redis'
 * clock; a full bucket needs no key (PX). `%.0f`, because Lua writes large numbers with an exponent.
 */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full, granted = {}, 1
for i, key in ipairs(KEYS) do
  local limit, interval = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  full[i] = math.max(tonumber(redis.call('GET', key) or 0), now)
  if full[i] + interval - now > limit * interval then granted = 0 end
end
local answer = { granted }
for i, key in ipairs(KEYS) do
  if granted == 1 then
    full[i] = full[i] + tonumber(ARGV[2 * i])
    redis.call('SET', key, string.format('%.0f', full[i]))
    redis.call('PEXPIRE', key, math.ceil((full[i] - now) / 1000))
  end
  answer[i + 1] = full[i] - now
end
return answer`;

/** Refunds a token to each bucket that is not full. */
const REFUND = `
for i, key in ipairs(KEYS) do
  local full = redis.call('GET', key)
  if full then redis.call('SET', key, string.format('%.0f', tonumber(full) - tonumber(ARGV[i])), 'KEEPTTL') end
end`;

/** ioredis sends a script's text only to a server that does not have its digest yet. */
interface Scripts {
  takeTokens(keys: number, ...keysAndArguments: (string | number)[]): Promise<number[]>;
  refundTokens(keys: number, ...keysAndArguments: (string | number)[]): Promise<null>;
}

/** Token buckets that all processes share. Every decision is one script and therefore atomic. */
@Injectable()
export class RedisBuckets implements Buckets {
  private readonly scripts: Scripts;

  constructor(redis: RedisConnections) {
    redis.cache.defineCommand('takeTokens', { lua: TAKE });
    redis.cache.defineCommand('refundTokens', { lua: REFUND });
    this.scripts = redis.cache as unknown as Scripts;
  }

  /** @throws Error if Redis does not answer */
  async take(draws: readonly TokenRequest[]): Promise<TokenGrant> {
    const sizes = draws.flatMap(({ bucket }) => [bucket.limit, bucket.intervalUs]);
    const [granted, ...fullInUs] = await this.scripts.takeTokens(draws.length, ...draws.map(keyOf), ...sizes);
    return { granted: granted === 1, fullInUs };
  }

  /** @throws Error if Redis does not answer */
  async refund(draws: readonly TokenRequest[]): Promise<void> {
    const intervals = draws.map(({ bucket }) => bucket.intervalUs);
    await this.scripts.refundTokens(draws.length, ...draws.map(keyOf), ...intervals);
  }
}

function keyOf({ key }: TokenRequest): string {
  return `${PREFIX}:rate:${key}`;
}
