/** The recipient of a mail, with language and time zone. */
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

/** Offered to other contexts. E-mail addresses are not in events or copies; they are read here when a mail is sent. */
export abstract class Recipients {
  /** @returns the users with an active account, unordered, in one statement */
  abstract find(userIds: readonly string[]): Promise<Recipient[]>;
  /**
   * @returns the active account with an address, in lower case; undefined if there is none. The result must not be
   *   revealed to callers of the API.
   */
  abstract findByAddress(email: string): Promise<Recipient | undefined>;
  /**
   * @returns the address of an account in any state, to erase data that is stored by address; undefined if the account
   *   is erased
   */
  abstract addressOf(userId: string): Promise<string | undefined>;
}
