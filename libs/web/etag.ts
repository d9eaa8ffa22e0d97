import { hash } from 'node:crypto';
import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiExtension, ApiHeader } from '@nestjs/swagger';
import { assertVersion, type ExpectedVersion } from '@rookery/domain';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { revalidate } from './caching';
import type { RefusalOptions } from './problem';
import { AddToRouteConfig } from './route-config';

declare module 'fastify' {
  interface FastifyRequest {
    /** Version of the resource in the response; null until a route with `@Versioned()` has responded. */
    answeredVersion: number | null;
  }
}

/** Characters of base64url: 96 bits. */
export const DIGEST_LENGTH = 16;

/** @returns an entity tag for a version, without the digest of a response: `"7"`. */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/** An entity tag begins with the version: `"7"`, `"7-c2lnbmF0dXJl"`. Weak tags never match (RFC 9110 §8.8.3.2). */
const VERSION = /^"(0|[1-9]\d*)(?:-[^"]*)?"$/;
const QUOTED = /^(?:W\/)?"[^"]*"$/;

/** @returns the versions in the header `If-Match` (RFC 9110 §13.1.1). */
export function readIfMatch(header: string | undefined): ExpectedVersion {
  if (header === undefined || header.trim() === '') return undefined;
  const tags = tagsIn(header);
  return tags.includes('*') ? 'any' : tags.flatMap((tag) => VERSION.exec(tag)?.[1] ?? []).map(Number);
}

/**
 * @param version current version of the resource
 * @param header the `If-Match` header with a different version
 * @returns the content of a 412: the current ETag, and an example if the header contained none
 */
export function staleOptions(version: number, header = ''): RefusalOptions {
  const etag = etagOf(version);
  return {
    headers: { etag },
    ...(!tagsIn(header).every((tag) => QUOTED.test(tag)) && {
      detail: `If-Match does not contain an ETag. An ETag is in double quotes, such as ${etag}.`,
    }),
  };
}

/**
 * @param request whose `If-Match` is compared
 * @param version current version of the resource
 * @throws Rejection that becomes 428 without the header, 412 if the version differs
 */
export function requireIfMatch(request: Pick<FastifyRequest, 'headers'>, version: number): void {
  assertVersion(version, readIfMatch(request.headers['if-match']));
}

const expectedVersion = createParamDecorator((_: unknown, context: ExecutionContext) =>
  readIfMatch(context.switchToHttp().getRequest<FastifyRequest>().headers['if-match']),
);

/** Injects the {@link ExpectedVersion} into a handler and documents the header. */
export function IfMatch(): ParameterDecorator {
  return (target, method, index) => {
    expectedVersion()(target, method, index);
    const descriptor = Object.getOwnPropertyDescriptor(target, method!)!;
    ApiHeader({
      name: 'If-Match',
      required: true,
      description: 'ETag of the version to change, or *. Only its version part is compared.',
      schema: { type: 'string', example: '"3"' },
    })(target, method!, descriptor);
  };
}

/** Extension that tells `buildOpenApi` to describe the headers. */
export const VERSIONED = 'x-versioned';

/**
 * A route whose response has a `version`. Its `ETag` is the version, which `If-Match` compares, followed by a digest of
 * the whole response and its caller: a GET with this `ETag` in `If-None-Match` returns 304 without a body (RFC 9110
 * §13.1.2).
 */
export function Versioned(): MethodDecorator {
  return applyDecorators(AddToRouteConfig({ versioned: true }), ApiExtension(VERSIONED, true));
}

/** Sets the `ETag` of routes with `@Versioned()`. Add it before compression: the digest is of the uncompressed body. */
export function tagAnswers(server: FastifyInstance): void {
  server.decorateRequest('answeredVersion', null);
  server.addHook('preSerialization', (request, reply, payload, done) => {
    const version = (payload as { version?: unknown } | null)?.version;
    const { versioned } = request.routeOptions.config as { versioned?: boolean };
    if (versioned && typeof version === 'number' && reply.statusCode < 300) request.answeredVersion = version;
    done(null, payload);
  });
  server.addHook('onSend', (request, reply, payload, done) => {
    const version = request.answeredVersion;
    if (version === null || reply.statusCode >= 300 || typeof payload !== 'string')
      return done(null, payload);
    const etag = validatorOf(version, request, payload);
    reply.header('etag', etag);
    if (request.method !== 'GET' && request.method !== 'HEAD') return done(null, payload);
    revalidate(reply);
    if (!tagsIn(request.headers['if-none-match'] ?? '').some((tag) => isSame(tag, etag)))
      return done(null, payload);
    reply.code(304).removeHeader('content-type').removeHeader('content-length');
    // For HEAD Fastify itself removes the body, and fails without one.
    done(null, request.method === 'HEAD' ? payload : null);
  });
}

/** Covers everything that the response depends on: a compressed body is different and needs a different tag. */
function validatorOf(version: number, { headers, user }: FastifyRequest, body: string): string {
  const covered = JSON.stringify([user?.userId, headers['accept-encoding'], body]);
  return `"${version}-${hash('sha256', covered, 'base64url').slice(0, DIGEST_LENGTH)}"`;
}

/** @returns whether a tag of `If-None-Match`, weak or not, names an entity tag. */
export function isSame(tag: string, etag: string): boolean {
  return tag === '*' || tag.replace(/^W\//, '') === etag;
}

/** @returns the tags of a header, unchanged. */
export function tagsIn(header: string): string[] {
  return header.split(',').map((tag) => tag.trim());
}
