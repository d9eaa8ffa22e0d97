import { applyDecorators } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { UnstoredRoute } from './idempotency/never-stored';
import { AddToRouteConfig } from './route-config';

/** Extension that tells `buildOpenApi` for how many seconds an answer may be kept. */
export const CACHEABLE = 'x-cacheable-seconds';

/** `Cache-Control` of what is for one caller and must not be kept at all (RFC 9111 §5.2.2). */
export const PRIVATE = 'private, no-store';
/** `Cache-Control` of secrets, of errors, and of what is true for this moment alone. */
export const NO_STORE = 'no-store';
/** `Cache-Control` of what the caller's own cache may keep, and asks about before it is shown again. */
export const REVALIDATED = 'private, no-cache';

/** What decides in a route's config how long its answers are kept. */
interface CachedRoute extends UnstoredRoute {
  cacheableSeconds?: number;
}

/**
 * A public route whose good answers everybody may keep, proxies too.
 *
 * @param seconds for which they are as good as new ones
 */
export function Cacheable(seconds: number): MethodDecorator {
  return applyDecorators(
    AddToRouteConfig({ cacheableSeconds: seconds } satisfies CachedRoute),
    ApiExtension(CACHEABLE, seconds),
  );
}

/** @returns `Cache-Control` of what everybody may keep. */
export function publicFor(seconds: number): string {
  return `public, max-age=${seconds}`;
}

/**
 * Has every answer say who may keep it, and for how long. What says nothing else is for its caller alone and is kept
 * nowhere; without a caller it is kept nowhere either, since it may hold tokens.
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

/** Lets the caller's cache keep an answer that carries a validator, and no other caller be shown it. */
export function revalidate(reply: FastifyReply): void {
  varyBy(reply, 'Authorization');
  reply.header('cache-control', REVALIDATED);
}

/** Adds to the request headers that an answer depends on; CORS and compression have theirs in there. */
export function varyBy(reply: FastifyReply, header: string): void {
  const present = String(reply.getHeader('vary') ?? '');
  const names = present.split(',').map((name) => name.trim().toLowerCase());
  if (names.includes('*') || names.includes(header.toLowerCase())) return;
  reply.header('vary', present === '' ? header : `${present}, ${header}`);
}
