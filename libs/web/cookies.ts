/** Attributes of a cookie, in addition to those that all our cookies have. */
interface CookieOptions {
  /** Seconds that the browser keeps it; 0 deletes it. */
  maxAge: number;
  /** Whether the browser sends it only over https. */
  secure: boolean;
}

/**
 * @param header `Cookie` of a request
 * @returns the cookie with that name; undefined if there is none, or several: a browser has only one for this host, so
 *   another one was set by a sibling domain (cookie tossing)
 */
export function readCookie(header: string | undefined, name: string): string | undefined {
  const found = (header ?? '').split(';').flatMap((pair) => {
    const [, key, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
    return key === name ? [value!] : [];
  });
  return found.length === 1 ? found[0] : undefined;
}

/** @returns `Set-Cookie` for only this host, not readable by scripts, and never sent from pages of other sites. */
export function hostCookie(name: string, value: string, { maxAge, secure }: CookieOptions): string {
  return `${name}=${value}; Max-Age=${maxAge}; Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}
