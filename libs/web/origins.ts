import type { WebSettings } from './settings';

/** Names of this machine that people type for one another. */
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * @returns the origins whose pages may sign in with cookies: those of `CORS_ORIGINS`, and the api's own; if that is on
 *   this machine, under each of its names
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
