import type { Caller } from '@rookery/web';

/** Tells from a bearer token who calls. */
export interface TokenAuthenticator {
  /** @returns undefined when the token is not of its kind, or not valid. */
  authenticate(token: string): Promise<Caller | undefined>;
}
