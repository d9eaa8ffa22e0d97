import { lookup, Resolver } from 'node:dns/promises';
import { Injectable } from '@nestjs/common';
import { OutboundFailure } from './outbound-failure';

const DNS = { timeout: 1_500, tries: 2 };

/** Resolves host names. */
@Injectable()
export class HostAddresses {
  private readonly resolver = new Resolver(DNS);

  /**
   * Queries the name servers. The resolver of the operating system would block one of the four threads of the process
   * for as long as a hostile name server wants, and also uses `/etc/hosts`.
   *
   * @param host host name from a user
   * @returns its IPv4 and IPv6 addresses
   * @throws OutboundFailure `dns` if it has none
   */
  async of(host: string): Promise<string[]> {
    const found = await Promise.allSettled([this.resolver.resolve4(host), this.resolver.resolve6(host)]);
    const addresses = found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
    if (addresses.length === 0) throw new OutboundFailure('dns', 'the host name has no address');
    return addresses;
  }

  /**
   * Uses the resolver of the operating system, as all other parts do.
   *
   * @param host name that the operators allowed, or an address
   * @throws OutboundFailure `dns` if it has none
   */
  async ofAllowed(host: string): Promise<string[]> {
    const found = await lookup(host, { all: true }).catch(() => []);
    if (found.length === 0) throw new OutboundFailure('dns', 'the host name has no address');
    return found.map(({ address }) => address);
  }
}
