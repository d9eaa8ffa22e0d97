import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';

/** Which methods a path supports, for `405` and `Allow` (RFC 9110 §15.5.6). */
@Injectable()
export class AllowedMethods {
  private readonly routes: { pattern: RegExp; method: string }[] = [];

  /** @param server whose routes are recorded as they are registered; call it before any is */
  observe(server: FastifyInstance): void {
    server.addHook('onRoute', ({ url, method }) => {
      // The route for preflight requests matches every path.
      if (url === '*' || url === '/*') return;
      const pattern = patternOf(url);
      for (const name of [method].flat()) this.routes.push({ pattern, method: name });
    });
  }

  /** @returns the methods of a path with OPTIONS, sorted; empty if the path does not exist. */
  of(url: string): string[] {
    const path = url.split('?', 1)[0]!;
    const methods = this.routes.flatMap(({ pattern, method }) => (pattern.test(path) ? [method] : []));
    return methods.length === 0 ? [] : [...new Set([...methods, 'OPTIONS'])].sort();
  }
}

/** `/v1/posts/:id` → one segment for `:id`, anything for `*`. */
function patternOf(url: string): RegExp {
  const source = url
    .split(/(:[A-Za-z0-9_]+|\*)/)
    .map((part) =>
      part === '*' ? '.*' : part.startsWith(':') ? '[^/]+' : part.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&'),
    )
    .join('');
  return new RegExp(`^${source}$`);
}
