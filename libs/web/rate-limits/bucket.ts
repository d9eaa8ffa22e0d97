/**
 * A token bucket, stored as one timestamp: when it will be full again. A full bucket has `limit` tokens; each token
 * taken moves the timestamp forward by `intervalUs`. This is the virtual scheduling form of the algorithm (ITU-T
 * I.371): integer microseconds, no rounding, no refill job.
 */
export interface Bucket {
  /** Name in the headers. */
  readonly name: string;
  /** Capacity in tokens. */
  readonly limit: number;
  /** Seconds in which an empty bucket fills. */
  readonly windowSeconds: number;
  /** Microseconds until a token is refilled. */
  readonly intervalUs: number;
}

/** State of a bucket. */
export interface Level {
  readonly bucket: Bucket;
  /** Remaining tokens. */
  readonly remaining: number;
  /** Whole seconds until it is full again. */
  readonly resetSeconds: number;
  /** Seconds until a token is available; 0 if one is. */
  readonly waitSeconds: number;
}

/**
 * @param limit capacity in tokens, 1 or more
 * @param windowSeconds seconds in which an empty bucket fills
 */
export function bucketOf(name: string, limit: number, windowSeconds: number): Bucket {
  return { name, limit, windowSeconds, intervalUs: Math.ceil((windowSeconds * 1e6) / limit) };
}

/**
 * Takes a token.
 *
 * @param fullAt microseconds: when the bucket is full again; a past time means that it is full
 * @param now microseconds of the same clock
 * @returns the next `fullAt`; undefined if there is no token and the bucket is unchanged
 */
export function takeToken({ limit, intervalUs }: Bucket, fullAt: number, now: number): number | undefined {
  const next = Math.max(fullAt, now) + intervalUs;
  return next - now <= limit * intervalUs ? next : undefined;
}

/** @param fullInUs microseconds until it is full again */
export function levelOf(bucket: Bucket, fullInUs: number): Level {
  const { limit, intervalUs } = bucket;
  const spare = limit * intervalUs - fullInUs;
  return {
    bucket,
    remaining: Math.max(0, Math.floor(spare / intervalUs)),
    resetSeconds: Math.ceil(fullInUs / 1e6),
    waitSeconds: Math.max(0, intervalUs - spare) / 1e6,
  };
}
