import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { counter } from '@rookery/observability';
import { type CircuitBreaker, RedisConnections } from '@rookery/redis';
import { MasterKey } from '@rookery/settings';
import { bucketOf, type Level, levelOf } from './bucket';
import type { Buckets, TokenRequest } from './buckets';
import { LedgerBuckets } from './ledger-buckets';
import {
  bucketsOf,
  definedPolicies,
  type PolicyBucket,
  RatePolicies,
  type RatePolicy,
  type Subject,
} from './policies';
import { ProcessBuckets } from './process-buckets';
import { RateCounters } from './rate-counters';
import { RedisBuckets } from './redis-buckets';
import { RateLimitSettings } from './settings';

const refusedTotal = counter({
  name: 'rookery_rate_limited_total',
  help: 'Requests rejected with 429, by the empty bucket.',
  labels: ['bucket'],
});

const fallbackTotal = counter({
  name: 'rookery_rate_limit_fallback_total',
  help: 'Decisions made without Redis, by the store used instead: process, ledger.',
  labels: ['store'],
});

/** Tokens that a request has taken, and their stores. */
export interface TakenTokens {
  readonly draws: readonly TokenRequest[];
  readonly from: Buckets;
}

/** The decision about a request. */
export interface Decision {
  granted: boolean;
  levels: Level[];
  taken: TakenTokens[];
}

/**
 * Decides whether a request is allowed, see docs/decisions/0013-rate-limits.md. It is the storage of @nestjs/throttler,
 * and supports more: several buckets at once, and refunds.
 */
@Injectable()
export class RateLimiter implements ThrottlerStorage {
  readonly enabled: boolean;
  private readonly buckets = new Map<RatePolicy, readonly PolicyBucket[]>();
  private readonly process = new ProcessBuckets();
  private readonly ledger: LedgerBuckets;
  private readonly naming: Buffer;
  private readonly breaker: CircuitBreaker;

  constructor(
    private readonly redis: RedisBuckets,
    connections: RedisConnections,
    counters: RateCounters,
    master: MasterKey,
    settings: RateLimitSettings,
  ) {
    this.enabled = settings.enabled;
    this.breaker = connections.cacheBreaker;
    this.ledger = new LedgerBuckets(counters);
    this.naming = master.derive('rate-limit-accounts');
  }

  /** @returns the buckets of policies for a kind of subject. */
  bucketsFor(policies: readonly RatePolicy[], per: Subject): PolicyBucket[] {
    return policies.flatMap((policy) => this.of(policy).filter((each) => each.per === per));
  }

  /**
   * Takes a token from one bucket, for guards of @nestjs/throttler other than our own.
   *
   * @param key owner of the bucket; leaves the process only as a hash
   * @param ttl milliseconds in which an empty bucket fills
   * @param limit capacity in tokens
   * @param _blockDuration has no meaning for a token bucket: it is empty until a token is refilled
   * @param name of the policy; an undefined policy does not fail closed
   */
  async increment(
    key: string,
    ttl: number,
    limit: number,
    _blockDuration: number,
    name: string,
  ): ReturnType<ThrottlerStorage['increment']> {
    const policy = definedPolicies().find((each) => each.name === name);
    const bucket = bucketOf(`throttler-${name}`, limit, ttl / 1_000);
    const { granted, levels } = await this.decide(
      [{ ...bucket, per: 'account', failClosed: policy?.failClosed ?? false }],
      key,
    );
    const { remaining, resetSeconds, waitSeconds } = levels[0]!;
    return {
      totalHits: granted ? limit - remaining : limit + 1,
      timeToExpire: resetSeconds,
      isBlocked: !granted,
      timeToBlockExpire: granted ? 0 : Math.ceil(waitSeconds),
    };
  }

  /**
   * Takes a token from each bucket of a subject, or none from any.
   *
   * @param buckets at least one, all of one kind of subject
   * @param subject an address or an account; an account does not leave the process in plain text
   * @param before tokens that the request has already taken; if it is refused now, those of its route's own policies
   *   are refunded. Those of the default policy are not: a refusal costs work too, and must not allow faster retries
   * @throws Error if a policy fails closed and PostgreSQL does not answer
   */
  async decide(
    buckets: readonly PolicyBucket[],
    subject: string,
    before: readonly TakenTokens[] = [],
  ): Promise<Decision> {
    const draws = buckets.map((bucket) => ({ bucket, key: this.keyOf(bucket, subject) }));
    const inLedger = draws.filter(({ bucket }) => bucket.failClosed && bucket.per === 'account');
    const shared = draws.filter((draw) => !inLedger.includes(draw));
    const decision: Decision = { granted: true, levels: [], taken: [] };
    if (shared.length > 0 && !(await this.takeShared(shared, decision))) {
      inLedger.push(...shared.filter(({ bucket }) => bucket.failClosed));
      const rest = shared.filter(({ bucket }) => !bucket.failClosed);
      if (rest.length > 0) await this.fallBack('process', this.process, rest, decision);
      if (shared.length > rest.length) fallbackTotal.inc({ store: 'ledger' });
    }
    if (decision.granted && inLedger.length > 0) await this.take(this.ledger, inLedger, decision);
    if (!decision.granted) {
      for (const { bucket, waitSeconds } of decision.levels)
        if (waitSeconds > 0) refusedTotal.inc({ bucket: bucket.name });
      await this.refund([...before.map(ofOwnPolicies), ...decision.taken]);
    }
    return decision;
  }

  /** @returns false if Redis does not answer; nothing is decided then. */
  private async takeShared(draws: readonly TokenRequest[], decision: Decision): Promise<boolean> {
    const fullInUs = await this.breaker.run(() => this.take(this.redis, draws, decision));
    if (fullInUs) this.process.learn(draws, fullInUs);
    return fullInUs !== undefined;
  }

  private async fallBack(
    store: string,
    from: Buckets,
    draws: readonly TokenRequest[],
    decision: Decision,
  ): Promise<void> {
    fallbackTotal.inc({ store });
    await this.take(from, draws, decision);
  }

  private async take(from: Buckets, draws: readonly TokenRequest[], decision: Decision): Promise<number[]> {
    const { granted, fullInUs } = await from.take(draws);
    decision.levels.push(...draws.map(({ bucket }, index) => levelOf(bucket, fullInUs[index]!)));
    if (granted) decision.taken.push({ draws, from });
    else decision.granted = false;
    return fullInUs;
  }

  /** Refunds tokens of requests that must not count. */
  async refund(taken: readonly TakenTokens[]): Promise<void> {
    const some = taken.filter(({ draws }) => draws.length > 0);
    await Promise.allSettled(some.map(({ draws, from }) => from.refund(draws)));
  }

  private keyOf({ name, per }: PolicyBucket, subject: string): string {
    const hidden = () => createHmac('sha256', this.naming).update(subject).digest('base64url');
    return `${name}:${per === 'account' ? hidden() : subject}`;
  }

  /** @returns the buckets of one policy. */
  of(policy: RatePolicy): readonly PolicyBucket[] {
    let buckets = this.buckets.get(policy);
    if (!buckets) {
      buckets = bucketsOf(policy);
      this.buckets.set(policy, buckets);
    }
    return buckets;
  }
}

function ofOwnPolicies({ draws, from }: TakenTokens): TakenTokens {
  return { draws: draws.filter(({ bucket }) => bucket.name !== RatePolicies.default.name), from };
}
