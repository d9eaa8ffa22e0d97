/**
 * Asked of whichever context keeps sessions. Without one, everybody is a stranger to every account.
 */
export abstract class KnownClients {
  /**
   * @param email in lower case; need not belong to anybody
   * @param ip that a request comes from
   * @returns whether somebody has signed in to the account of this address from there before
   */
  abstract knows(email: string, ip: string): Promise<boolean>;
}
