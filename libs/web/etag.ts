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
    /** Version of what the present answer shows; null until a route with `@Versioned()` answers. */
    answeredVersion: number | null;
  }
}

/** Characters of base64url: 96 bits. */
const DIGEST_LENGTH = 16;

/** @returns an entity tag that names a version and no particular answer: `"7"`. */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/** An entity tag begins with the version: `"7"`, `"7-c2lnbmF0dXJl"`. Weak tags never match (RFC 9110 §8.8.3.2). */
const VERSION = /^"(0|[1-9]\d*)(?:-[^"]*)?"$/;
const QUOTED = /^(?:W\/)?"[^"]*"$/;

/** @returns what a caller says it has read before it changes something: the header `If-Match` (RFC 9110 §13.1.1). */
export function readIfMatch(header: string | undefined): ExpectedVersion {
  if (header === undefined || header.trim() === '') return undefined;
  const tags = tagsIn(header);
  return tags.includes('*') ? 'any' : tags.flatMap((tag) => VERSION.exec(tag)?.[1] ?? []).map(Number);
}

/**
 * @param version that the resource has now
 * @param header the `If-Match` that named another one
 * @returns what a 412 carries: the ETag there is, and what one looks like where the header held none
 */
export function staleOptions(version: number, header = ''): RefusalOptions {
  const etag = etagOf(version);
  return {
    headers: { etag },
    ...(!tagsIn(header).every((tag) => QUOTED.test(tag)) && {
      detail: `If-Match does not hold an ETag: one stands in double quotes, such as ${etag}.`,
    }),
  };
}

/**
 * @param request whose `If-Match` counts
 * @param version that the resource has now
 * @throws Rejection answered 428 without the header, 412 when it names another version
 */
export function requireIfMatch(request: Pick<FastifyRequest, 'headers'>, version: number): void {
  assertVersion(version, readIfMatch(request.headers['if-match']));
}

const expectedVersion = createParamDecorator((_: unknown, context: ExecutionContext) =>
  readIfMatch(context.switchToHttp().getRequest<FastifyRequest>().headers['if-match']),
);

/** Hands the {@link ExpectedVersion} to a handler and documents the header. */
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
 * A route whose answer carries `version`. Its `ETag` begins with the version, which is what `If-Match` compares, and
 * goes on with a digest of the whole answer and of whom it is for: a GET whose `If-None-Match` names it is answered 304
 * without a body (RFC 9110 §13.1.2).
 */
export function Versioned(): MethodDecorator {
  return applyDecorators(AddToRouteConfig({ versioned: true }), ApiExtension(VERSIONED, true));
}

/** Tags the answers of routes with `@Versioned()`. Add it before compression: tags are made of what is compressed. */
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
    // Of HEAD Fastify itself takes the body away, and fails without one.
    done(null, request.method === 'HEAD' ? payload : null);
  });
}

/** Covers everything that the answer depends on: compressing makes another body of it, and so another tag. */
function validatorOf(version: number, { headers, user }: FastifyRequest, body: string): string {
  const covered = JSON.stringify([user?.userId, headers['accept-encoding'], body]);
  return `"${version}-${hash('sha256', covered, 'base64url').slice(0, DIGEST_LENGTH)}"`;
}

function isSame(tag: string, etag: string): boolean {
  return tag === '*' || tag.replace(/^W\//, '') === etag;
}

function tagsIn(header: string): string[] {
  return header.split(',').map((tag) => tag.trim());
}
