/** Whom a mail goes to, and how it is written to them. */
export interface Recipient {
  id: string;
  email: string;
  username: string;
  name: string;
  /** Language tag (BCP 47). */
  language: string;
  /** IANA name: `Europe/Berlin`. */
  timeZone: string;
}

/** Offered to other contexts: addresses are in no event and in no copy, but read here when something is sent. */
export abstract class Recipients {
  /** @returns those of some users who have an active account, unordered, in one statement */
  abstract find(userIds: readonly string[]): Promise<Recipient[]>;
  /** @returns the active account with an address, in lower case; undefined if there is none. Nobody may learn which. */
  abstract findByAddress(email: string): Promise<Recipient | undefined>;
  /** @returns the address of an account in any state, for what is erased with it; undefined if it is gone */
  abstract addressOf(userId: string): Promise<string | undefined>;
}
