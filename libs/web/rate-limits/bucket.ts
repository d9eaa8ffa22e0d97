/**
 * A token bucket, kept as one instant: when it will be full again. A full bucket holds `limit` tokens; each token taken
 * moves the instant `intervalUs` away. That is the virtual scheduling form of the algorithm (ITU-T I.371): whole
 * microseconds, nothing to round, nothing to refill.
 */
export interface Bucket {
  /** Name as the headers have it. */
  readonly name: string;
  /** Tokens it holds. */
  readonly limit: number;
  /** Seconds in which an empty one fills. */
  readonly windowSeconds: number;
  /** Microseconds until a token taken is back. */
  readonly intervalUs: number;
}

/** How a bucket stands. */
export interface Level {
  readonly bucket: Bucket;
  /** Tokens left. */
  readonly remaining: number;
  /** Whole seconds until it is full again. */
  readonly resetSeconds: number;
  /** Seconds until there is a token; 0 when there is one. */
  readonly waitSeconds: number;
}

/**
 * @param limit tokens it holds, 1 or more
 * @param windowSeconds in which an empty one fills
 */
export function bucketOf(name: string, limit: number, windowSeconds: number): Bucket {
  return { name, limit, windowSeconds, intervalUs: Math.ceil((windowSeconds * 1e6) / limit) };
}

/**
 * Takes a token.
 *
 * @param fullAt microseconds: when the bucket is full again; anything past means that it is
 * @param now microseconds of the same clock
 * @returns the next `fullAt`; undefined when there is no token, and the bucket stays as it is
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
