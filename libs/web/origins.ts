import type { WebSettings } from './settings';

/** Interchangeable names of this machine. */
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * @returns the origins whose pages can sign in with cookies: `CORS_ORIGINS` and the api's own origin; if the api is on
 *   this machine, under each name of the machine
 */
export function trustedOrigins({
  corsOrigins,
  publicUrl,
}: Pick<WebSettings, 'corsOrigins' | 'publicUrl'>): ReadonlySet<string> {
  const own = new URL(publicUrl);
  const hosts = LOOPBACK.includes(own.hostname) ? LOOPBACK : [own.hostname];
  const port = own.port === '' ? '' : `:${own.port}`;
  return new Set([...corsOrigins, ...hosts.map((host) => `${own.protocol}//${host}${port}`)]);
}
