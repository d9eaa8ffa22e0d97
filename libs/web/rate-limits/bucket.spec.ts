import fc from 'fast-check';
import { bucketOf, levelOf, takeToken } from './bucket';

const buckets = fc
  .record({ limit: fc.integer({ min: 1, max: 50 }), windowSeconds: fc.integer({ min: 1, max: 120 }) })
  .map(({ limit, windowSeconds }) => bucketOf('any', limit, windowSeconds));
/** Microseconds between one request and the next. */
const pauses = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5_000_000 })), { maxLength: 200 });

/** @returns the times at which requests were admitted, in microseconds. */
function admitted(bucket: ReturnType<typeof bucketOf>, gaps: readonly number[]): number[] {
  let now = 1_763_700_000_000_000;
  let fullAt = 0;
  return gaps.flatMap((gap) => {
    now += gap;
    const next = takeToken(bucket, fullAt, now);
    fullAt = next ?? fullAt;
    return next === undefined ? [] : [now];
  });
}

describe('A token bucket', () => {
  it('never admits more than its capacity and the refilled tokens in any interval', () => {
    fc.assert(
      fc.property(buckets, pauses, (bucket, gaps) => {
        const times = admitted(bucket, gaps);
        for (const [first, from] of times.entries()) {
          for (const [last, to] of times.entries()) {
            if (last < first) continue;
            expect(last - first + 1).toBeLessThanOrEqual(bucket.limit + (to - from) / bucket.intervalUs);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('decides like a bucket that counts and refills tokens', () => {
    fc.assert(
      fc.property(buckets, pauses, (bucket, gaps) => {
        // In units of a token's interval, so that the count is exact.
        const full = bucket.limit * bucket.intervalUs;
        let tokens = full;
        let now = 0;
        let fullAt = 0;
        for (const gap of gaps) {
          now += gap;
          tokens = Math.min(full, tokens + gap);
          const next = takeToken(bucket, fullAt, now);
          expect(next !== undefined).toBe(tokens >= bucket.intervalUs);
          if (next !== undefined) tokens -= bucket.intervalUs;
          fullAt = next ?? fullAt;
          expect(levelOf(bucket, Math.max(0, fullAt - now)).remaining).toBe(
            Math.floor(tokens / bucket.intervalUs),
          );
        }
      }),
    );
  });

  it('grants a token at the moment it says it will, and not a microsecond before', () => {
    fc.assert(
      fc.property(buckets, fc.integer({ min: 0, max: 1e15 }), (bucket, now) => {
        let fullAt = 0;
        for (let taken = 0; taken < bucket.limit; taken += 1) fullAt = takeToken(bucket, fullAt, now)!;
        const { remaining, waitSeconds } = levelOf(bucket, fullAt - now);
        const wait = Math.round(waitSeconds * 1e6);
        expect(remaining).toBe(0);
        expect(takeToken(bucket, fullAt, now + wait - 1)).toBeUndefined();
        expect(takeToken(bucket, fullAt, now + wait)).toBeDefined();
      }),
    );
  });

  it('is full when it has not been used for long', () => {
    const bucket = bucketOf('login', 10, 60);
    expect(levelOf(bucket, 0)).toEqual({ bucket, remaining: 10, resetSeconds: 0, waitSeconds: 0 });
    expect(levelOf(bucket, 6_000_000)).toMatchObject({ remaining: 9, resetSeconds: 6 });
  });
});
