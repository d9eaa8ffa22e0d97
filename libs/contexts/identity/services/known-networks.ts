import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import { clientNetwork, KnownClients } from '@rookery/web';
import { Sessions } from '../storage/sessions';

/** More than any e-mail address has (RFC 5321 §4.5.3.1.3). */
const MAX_EMAIL_LENGTH = 254;

/** Knows from where somebody has signed in to an account: only who has had its secrets makes a network known. */
@Injectable()
export class KnownNetworks extends KnownClients {
  constructor(private readonly sessions: Sessions) {
    super();
  }

  override async knows(email: string, ip: string): Promise<boolean> {
    if (email.length > MAX_EMAIL_LENGTH || email.includes('\0') || !isIP(ip)) return false;
    const network = clientNetwork(ip);
    const prefix = network.replace('::/64', '');
    const [first, last] =
      prefix === network ? [network, network] : [`${prefix}::`, `${prefix}:ffff:ffff:ffff:ffff`];
    return this.sessions.startedBetween(email, first, last);
  }

  /** @returns the networks from which somebody has signed in to an account. */
  async of(email: string): Promise<string[]> {
    return [...new Set((await this.sessions.addressesOf(email)).map(clientNetwork))];
  }
}
