/** Attributes of a cookie besides those that every one of ours has. */
interface CookieOptions {
  /** Seconds that the browser keeps it; 0 deletes it. */
  maxAge: number;
  /** Whether the browser sends it over https alone. */
  secure: boolean;
}

/**
 * @param header `Cookie` of a request
 * @returns the cookie with that name; undefined without one, and with several: a browser has only one for this host, so
 *   another one was set by a sibling of it (cookie tossing)
 */
export function readCookie(header: string | undefined, name: string): string | undefined {
  const found = (header ?? '').split(';').flatMap((pair) => {
    const [, key, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
    return key === name ? [value!] : [];
  });
  return found.length === 1 ? found[0] : undefined;
}

/** @returns `Set-Cookie` for this host alone, out of reach of scripts, and never sent from pages of other sites. */
export function hostCookie(name: string, value: string, { maxAge, secure }: CookieOptions): string {
  return `${name}=${value}; Max-Age=${maxAge}; Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}
