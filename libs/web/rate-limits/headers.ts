import type { Level } from './bucket';

/**
 * The fields `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10): quota `q` and window `w` in
 * seconds of each policy; remaining tokens `r`, and the seconds until the bucket is full, `t`.
 */
export function rateLimitHeaders(levels: readonly Level[]): Record<string, string> {
  return {
    'ratelimit-policy': levels
      .map(({ bucket: { name, limit, windowSeconds } }) => `"${name}";q=${limit};w=${windowSeconds}`)
      .join(', '),
    ratelimit: levels
      .map(({ bucket: { name }, remaining, resetSeconds }) => `"${name}";r=${remaining};t=${resetSeconds}`)
      .join(', '),
  };
}
