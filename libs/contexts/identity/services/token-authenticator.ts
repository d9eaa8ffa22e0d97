import type { Caller } from '@rookery/web';

/** Authenticates a caller by a bearer token. */
export interface TokenAuthenticator {
  /** @returns undefined if the token is of a different kind, or not valid. */
  authenticate(token: string): Promise<Caller | undefined>;
}
