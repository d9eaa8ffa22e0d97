import { PREFIX, RedisConnections } from '@rookery/redis';
import { Injectable } from '@nestjs/common';
import type { Buckets, TokenRequest, TokenGrant } from './buckets';

/** Maximum number of requests per script: Redis does nothing else while it runs. */
const BATCH_SIZE = 100;

/**
 * Decides on one request after the other: takes a token from every bucket of a request, or none from any. A bucket is
 * the microsecond at which it is full again, by Redis' clock; a full bucket needs no key (PX). `%.0f`, because Lua
 * writes large numbers with an exponent. The arguments of a request: its number of keys, then limit and interval of each.
 */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local stored = redis.call('MGET', unpack(KEYS))
local full, changed, answer = {}, {}, {}
for i, key in ipairs(KEYS) do full[key] = math.max(tonumber(stored[i] or 0), now) end
local key, argument = 0, 1
while key < #KEYS do
  local count, granted = tonumber(ARGV[argument]), 1
  for i = 1, count do
    local limit, interval = tonumber(ARGV[argument + 2 * i - 1]), tonumber(ARGV[argument + 2 * i])
    if full[KEYS[key + i]] + interval - now > limit * interval then granted = 0 end
  end
  table.insert(answer, granted)
  for i = 1, count do
    local name = KEYS[key + i]
    if granted == 1 then
      full[name] = full[name] + tonumber(ARGV[argument + 2 * i])
      changed[name] = true
    end
    table.insert(answer, full[name] - now)
  end
  key, argument = key + count, argument + 1 + 2 * count
end
for name in pairs(changed) do
  redis.call('SET', name, string.format('%.0f', full[name]), 'PX', math.ceil((full[name] - now) / 1000))
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

/** A request that waits for the script. */
interface Waiting {
  readonly draws: readonly TokenRequest[];
  resolve: (grant: TokenGrant) => void;
  reject: (error: unknown) => void;
}

/**
 * Token buckets that all processes share. Every decision is part of one script and therefore atomic; requests of the same
 * turn of the event loop share a script, as if they had arrived one after the other.
 */
@Injectable()
export class RedisBuckets implements Buckets {
  private readonly scripts: Scripts;
  private waiting: Waiting[] = [];

  constructor(redis: RedisConnections) {
    redis.cache.defineCommand('takeTokens', { lua: TAKE });
    redis.cache.defineCommand('refundTokens', { lua: REFUND });
    this.scripts = redis.cache as unknown as Scripts;
  }

  /** @throws Error when Redis does not answer */
  take(draws: readonly TokenRequest[]): Promise<TokenGrant> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ draws, resolve, reject });
      if (this.waiting.length === 1) setImmediate(() => this.takeAll());
    });
  }

  private takeAll(): void {
    const all = this.waiting.splice(0);
    for (let first = 0; first < all.length; first += BATCH_SIZE)
      void this.takeTogether(all.slice(first, first + BATCH_SIZE));
  }

  /** A failure is not retried: Redis may have taken the tokens and only its reply was lost. */
  private async takeTogether(batch: readonly Waiting[]): Promise<void> {
    try {
      const keys = batch.flatMap(({ draws }) => draws.map(keyOf));
      const sizes = batch.flatMap(({ draws }) => [
        draws.length,
        ...draws.flatMap(({ bucket }) => [bucket.limit, bucket.intervalUs]),
      ]);
      const answer = await this.scripts.takeTokens(keys.length, ...keys, ...sizes);
      let at = 0;
      for (const { draws, resolve } of batch) {
        const end = at + 1 + draws.length;
        resolve({ granted: answer[at] === 1, fullInUs: answer.slice(at + 1, end) });
        at = end;
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
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
