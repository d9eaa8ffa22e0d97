import { isIPv6 } from 'node:net';

/**
 * @param ip of a client
 * @returns what counts as one client: an IPv4 address, or the /64 of an IPv6 address, the smallest network that a
 *   subscriber gets (RFC 6177, BCP 157), which contains more addresses than any limit could count
 */
export function clientNetwork(ip: string): string {
  if (!isIPv6(ip)) return ip;
  const plain = plainAddress(ip);
  if (plain !== ip) return plain;
  const [head = '', tail = ''] = ip.replace(/%.*$/, '').toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const gap = ip.includes('::') ? Math.max(0, 8 - left.length - right.length) : 0;
  const groups = [...left, ...Array.from({ length: gap }, () => '0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

/** @returns the IPv4 address of an IPv4-mapped IPv6 address; any other address unchanged. */
export function plainAddress(ip: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1] ?? ip;
}
