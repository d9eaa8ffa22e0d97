import type { FastifyRequest } from 'fastify';

/** Properties of the client that sent a request. */
export interface Client {
  ip: string;
  /** A token from an earlier sign-in on this device; see `POST /v1/auth/login`. */
  deviceToken?: string;
}

/** Implemented by the context that stores sessions. Without one, everybody is a stranger to every account. */
export abstract class KnownClients {
  /**
   * @param email in lower case; need not belong to an account
   * @param client client of the request
   * @returns the name of the separate bucket, if the user has signed in to the account of this address with this device
   *   or from this network before; undefined for a stranger
   */
  abstract shareOf(email: string, client: Client): Promise<string | undefined>;

  /** @returns the token of the device that a browser sends by itself, if a page of a trusted origin made it do so. */
  abstract deviceTokenOf(request: Pick<FastifyRequest, 'headers'>): string | undefined;
}
