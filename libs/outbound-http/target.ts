import { isIP } from 'node:net';
import { OutboundFailure } from './outbound-failure';
import { isPublicAddress } from './public-address';

const MAX_LENGTH = 2_048;
const HTTPS_PORT = 443;
/** Ports below belong to other protocols: mail, SSH, DNS. */
const FIRST_FREE_PORT = 1_024;

/** Names that are never public (RFC 6761, RFC 6762, RFC 8375, RFC 9476, and those that networks use by custom). */
const LOCAL_NAMES =
  /(^|\.)(localhost|localdomain|local|internal|intranet|private|corp|home|lan|home\.arpa|onion|alt|invalid)$/;

/** A URL to which requests are allowed. */
export interface Target {
  url: URL;
  /** Host name or address, IPv6 without brackets. */
  host: string;
  /** Whether the operators allowed this host: its addresses are not checked. */
  allowed: boolean;
}

/**
 * Checks a URL as far as possible without a resolver. The URL parser has converted other spellings of addresses (octal,
 * hexadecimal, one number, full-width) to the usual one.
 *
 * @param allowedHosts as `host` or `host:port`
 * @throws OutboundFailure `blocked`
 */
export function targetOf(text: string, allowedHosts: ReadonlySet<string>): Target {
  if (text.length > MAX_LENGTH || !URL.canParse(text)) throw blocked('it is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw blocked('its scheme is not https');
  if (url.username !== '' || url.password !== '') throw blocked('it has credentials');
  const port = url.port === '' ? (url.protocol === 'https:' ? HTTPS_PORT : 80) : Number(url.port);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (allowedHosts.has(url.hostname) || allowedHosts.has(`${url.hostname}:${port}`))
    return { url, host, allowed: true };
  if (url.protocol !== 'https:') throw blocked('its scheme is not https');
  if (port !== HTTPS_PORT && port < FIRST_FREE_PORT) throw blocked('its port belongs to another protocol');
  if (isIP(host) ? !isPublicAddress(host) : isLocalName(host)) throw blocked('its host is not public');
  return { url, host, allowed: false };
}

function isLocalName(host: string): boolean {
  const name = host.replace(/\.$/, '').toLowerCase();
  return !name.includes('.') || LOCAL_NAMES.test(name);
}

function blocked(why: string): OutboundFailure {
  return new OutboundFailure('blocked', `the URL is blocked: ${why}`);
}
