/** An account as seen by other contexts. */
export interface Account {
  id: string;
  username: string;
  name: string;
  /** Version of the account: of two copies the one with the higher version is newer. */
  version: number;
  /** Whether others can see it: verified and not deleted. */
  active: boolean;
}

/**
 * Offered to other contexts: the current accounts. Contexts keep a copy and subscribe to the events. Use this for data
 * that has not arrived yet.
 */
export abstract class Accounts {
  /** @returns the accounts that exist, unordered */
  abstract find(ids: readonly string[]): Promise<Account[]>;
  /**
   * A page for `pagesById`.
   *
   * @param after last id of the previous page; `NIL_UUID` for the first
   * @returns all accounts by id, at most `limit`
   */
  abstract page(after: string, limit: number): Promise<Account[]>;
}

/** Implemented by the context that knows whose profiles are hidden from whom; boot requires one. */
export abstract class HiddenProfiles {
  /** @returns ids of all users whose profiles are hidden from the viewer */
  abstract from(viewerId: string): Promise<string[]>;
}
