import type { PolicyBucket } from './policies';

/** A request for one token from a bucket. */
export interface TokenRequest {
  /** Which bucket: policy and subject. */
  readonly key: string;
  readonly bucket: PolicyBucket;
}

/** Result of an attempt to take tokens: for each request the microseconds until its bucket is full again. */
export interface TokenGrant {
  granted: boolean;
  fullInUs: number[];
}

/** A store of buckets. */
export interface Buckets {
  /** Takes a token from each bucket, or none from any. */
  take(draws: readonly TokenRequest[]): Promise<TokenGrant>;
  /** Refunds a token to each bucket. */
  refund(draws: readonly TokenRequest[]): Promise<void>;
}
