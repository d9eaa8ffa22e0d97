import type { Caller } from '@rookery/web';

/** Authenticates a caller by a bearer token. */
export interface TokenAuthenticator {
  /**
   * @param maxAgeMs maximum age of cached data about the session, key or account; by default that of the cache
   * @returns undefined if the token is of a different kind, or not valid.
   */
  authenticate(token: string, maxAgeMs?: number): Promise<Caller | undefined>;
}
