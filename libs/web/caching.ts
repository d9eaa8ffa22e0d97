import { applyDecorators } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { UnstoredRoute } from './idempotency/never-stored';
import { AddToRouteConfig } from './route-config';

/** Extension that tells `buildOpenApi` for how many seconds a response can be cached. */
export const CACHEABLE = 'x-cacheable-seconds';

/** `Cache-Control` of responses for one caller that must not be stored (RFC 9111 §5.2.2). */
export const PRIVATE = 'private, no-store';
/** `Cache-Control` of secrets, of errors, and of momentary states. */
export const NO_STORE = 'no-store';
/** `Cache-Control` of responses that the caller's own cache may store and must revalidate. */
export const REVALIDATED = 'private, no-cache';

/** Caching part of a route's config. */
interface CachedRoute extends UnstoredRoute {
  cacheableSeconds?: number;
}

/**
 * A public route whose successful responses can be cached by everybody, including proxies.
 *
 * @param seconds maximum age
 */
export function Cacheable(seconds: number): MethodDecorator {
  return applyDecorators(
    AddToRouteConfig({ cacheableSeconds: seconds } satisfies CachedRoute),
    ApiExtension(CACHEABLE, seconds),
  );
}

/** @returns `Cache-Control` of responses that everybody can cache. */
export function publicFor(seconds: number): string {
  return `public, max-age=${seconds}`;
}

/**
 * Sets `Cache-Control` on every response. By default a response is private and not stored; without a caller it is not
 * stored either, because it may contain tokens.
 */
export function declareCaching(server: FastifyInstance): void {
  server.addHook('onSend', (request, reply, payload, done) => {
    if (!reply.hasHeader('cache-control')) {
      const { cacheableSeconds, neverStored } = request.routeOptions.config as CachedRoute;
      const keep = cacheableSeconds !== undefined && reply.statusCode < 300 && publicFor(cacheableSeconds);
      reply.header('cache-control', keep || (request.user && !neverStored ? PRIVATE : NO_STORE));
    }
    done(null, payload);
  });
}

/** Lets the caller's cache store a response with a validator, and prevents it from being shown to another caller. */
export function revalidate(reply: FastifyReply): void {
  varyBy(reply, 'Authorization');
  reply.header('cache-control', REVALIDATED);
}

/** Adds to the request headers that a response depends on; CORS and compression add theirs too. */
export function varyBy(reply: FastifyReply, header: string): void {
  const present = String(reply.getHeader('vary') ?? '');
  const names = present.split(',').map((name) => name.trim().toLowerCase());
  if (names.includes('*') || names.includes(header.toLowerCase())) return;
  reply.header('vary', present === '' ? header : `${present}, ${header}`);
}
