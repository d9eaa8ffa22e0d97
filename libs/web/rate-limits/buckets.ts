import type { PolicyBucket } from './policies';

/** One token wanted from one bucket. */
export interface Draw {
  /** Which bucket: policy and subject. */
  readonly key: string;
  readonly bucket: PolicyBucket;
}

/** How an attempt to take tokens ended: for each draw the microseconds until its bucket is full again. */
export interface Drawn {
  granted: boolean;
  fullInUs: number[];
}

/** A place where buckets are kept. */
export interface Buckets {
  /** Takes a token from each bucket, or none from any. */
  take(draws: readonly Draw[]): Promise<Drawn>;
  /** Puts a token back into each bucket. */
  giveBack(draws: readonly Draw[]): Promise<void>;
}
