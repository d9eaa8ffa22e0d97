import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** At which Azure answers its machines, metadata included: public by number only. */
const AZURE = '168.63.129.16';
/** All of IPv6 that is assigned for use across the internet; a range that is not known yet is outside of it. */
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

/**
 * @param address IPv4 or IPv6 address in the usual notation, as a resolver returns it
 * @returns whether it is an address on the public internet, which is none of those with a special purpose (IANA), nor
 *   one that embeds an IPv4 address; false for what is no address
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0 || address.includes('%') || address === AZURE) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || (parsed as ipaddr.IPv6).match(GLOBAL_UNICAST);
}
