import type { PolicyBucket } from './policies';

/** One token wanted from one bucket. */
export interface TokenRequest {
  /** Which bucket: policy and subject. */
  readonly key: string;
  readonly bucket: PolicyBucket;
}

/** How an attempt to take tokens ended: for each draw the microseconds until its bucket is full again. */
export interface TokenGrant {
  granted: boolean;
  fullInUs: number[];
}

/** A place where buckets are kept. */
export interface Buckets {
  /** Takes a token from each bucket, or none from any. */
  take(draws: readonly TokenRequest[]): Promise<TokenGrant>;
  /** Puts a token back into each bucket. */
  refund(draws: readonly TokenRequest[]): Promise<void>;
}
