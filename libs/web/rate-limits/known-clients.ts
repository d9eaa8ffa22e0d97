/** What a request shows of the client that sent it. */
export interface Client {
  ip: string;
  /** What the client was once given when somebody signed in with it; see `POST /v1/auth/login`. */
  deviceToken?: string;
}

/**
 * Asked of whichever context keeps sessions. Without one, everybody is a stranger to every account.
 */
export abstract class KnownClients {
  /**
   * @param email in lower case; need not belong to anybody
   * @param client that a request comes from
   * @returns the name of what counts apart, where somebody has signed in to the account of this address with this
   *   device or from this network before; undefined for a stranger
   */
  abstract shareOf(email: string, client: Client): Promise<string | undefined>;
}
