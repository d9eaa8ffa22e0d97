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
}
