import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import { type Client, clientNetwork, KnownClients } from '@rookery/web';
import type { FastifyRequest } from 'fastify';
import { Sessions } from '../storage/sessions';
import { BrowserSessions } from './browser-sessions';
import { RefreshTokens } from './refresh-token';

/** Longer than any e-mail address (RFC 5321 §4.5.3.1.3). */
const MAX_EMAIL_LENGTH = 254;

/**
 * Finds out with which devices and from which networks a user has signed in to an account: only somebody with its
 * secrets can make one known. A device sends an earlier refresh token, also of an ended session.
 */
@Injectable()
export class StoredKnownClients extends KnownClients {
  constructor(
    private readonly browsers: BrowserSessions,
    private readonly refreshTokens: RefreshTokens,
    private readonly sessions: Sessions,
  ) {
    super();
  }

  override async shareOf(email: string, { ip, deviceToken }: Client): Promise<string | undefined> {
    if (email.length > MAX_EMAIL_LENGTH || email.includes('\0') || !isIP(ip)) return undefined;
    const device = deviceToken === undefined ? undefined : this.refreshTokens.read(deviceToken);
    if (device && (await this.sessions.isOf(email, device.sessionId))) return deviceShare(device.sessionId);
    const network = clientNetwork(ip);
    const prefix = network.replace('::/64', '');
    const [first, last] =
      prefix === network ? [network, network] : [`${prefix}::`, `${prefix}:ffff:ffff:ffff:ffff`];
    return (await this.sessions.startedBetween(email, first, last)) ? network : undefined;
  }

  override deviceTokenOf(request: Pick<FastifyRequest, 'headers'>): string | undefined {
    return this.browsers.isTrusted(request) ? this.browsers.refreshTokenOf(request) : undefined;
  }

  /** @returns the names of all separate buckets of an account. */
  async sharesOf(email: string): Promise<string[]> {
    const sessions = await this.sessions.originsOf(email);
    return [...new Set(sessions.flatMap(({ id, ip }) => [deviceShare(id), clientNetwork(ip)]))];
  }
}

function deviceShare(sessionId: string): string {
  return `device ${sessionId}`;
}
