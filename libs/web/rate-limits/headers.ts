import type { Level } from './bucket';

/**
 * The fields `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10): quota `q` and window `w` in
 * seconds of each policy; what remains, `r`, and the seconds until all of it is back, `t`.
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
