import type { Caller } from '@rookery/web';

/** Authenticates a caller by a bearer token. */
export interface TokenAuthenticator {
  /**
   * @param maxAgeMs of what is cached about the session, key or account; the cache's own time by default
   * @returns undefined if the token is of a different kind, or not valid.
   */
  authenticate(token: string, maxAgeMs?: number): Promise<Caller | undefined>;
}
