import type { FastifyRequest } from 'fastify';

/** Properties of the client that sent a request. */
export interface Client {
  ip: string;
  /** A token from an earlier sign-in on this device; see `POST /v1/auth/login`. */
  deviceToken?: string;
}

/** Implemented by the context that stores sessions. Without it, all clients are unknown to every account. */
export abstract class KnownClients {
  /**
   * @param email in lower case; need not belong to an account
   * @param client client of the request
   * @returns the name of the separate bucket, if the user has signed in to the account of this address with this device
   *   or from this network before; undefined for a stranger
   */
  abstract shareOf(email: string, client: Client): Promise<string | undefined>;

  /**
   * @returns the device token that a browser sends automatically, if the request came from a page of a trusted origin.
   */
  abstract deviceTokenOf(request: Pick<FastifyRequest, 'headers'>): string | undefined;
}
