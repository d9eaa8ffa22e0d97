import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Address of Azure's internal services, including metadata. It looks public, but is not. */
const AZURE = '168.63.129.16';
/** The IPv6 range that is assigned for global unicast. Everything else counts as not public. */
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

/**
 * @param address IPv4 or IPv6 address in the usual notation, as a resolver returns it
 * @returns whether it is a public internet address: not one with a special purpose (IANA), and not one that embeds an
 *   IPv4 address. False if it is not an address
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0 || address.includes('%') || address === AZURE) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || (parsed as ipaddr.IPv6).match(GLOBAL_UNICAST);
}
