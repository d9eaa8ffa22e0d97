/** An account as other contexts may know it. */
export interface Account {
  id: string;
  username: string;
  name: string;
  /** Version of the account: of two copies the higher one is the later. */
  version: number;
  /** Whether others see it: verified, and not deleted. */
  active: boolean;
}

/** Offered to other contexts: who there is. They keep a copy and follow the events; this is for what has not arrived. */
export abstract class Accounts {
  /** @returns those of the accounts that there are, in no order */
  abstract find(ids: readonly string[]): Promise<Account[]>;
  /**
   * A page for `pagesById`.
   *
   * @param after id that the page before ended with; `NIL_UUID` for the first
   * @returns all accounts by id, at most `limit`
   */
  abstract page(after: string, limit: number): Promise<Account[]>;
}

/** Asked of the context that knows who wants not to be seen by whom; without one nothing boots. */
export abstract class HiddenProfiles {
  /** @returns whether somebody's profile does not exist for the viewer */
  abstract hides(userId: string, viewerId: string): Promise<boolean>;
  /** @returns ids of all whose profiles do not exist for the viewer */
  abstract from(viewerId: string): Promise<string[]>;
}
