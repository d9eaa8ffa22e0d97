import { hash } from 'node:crypto';
import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiExtension, ApiHeader } from '@nestjs/swagger';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { revalidate } from './caching';
import { RequestRefused } from './problem';
import { Problems } from './problems';
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
const VERSION = /^"(\d+)(?:-[^"]*)?"$/;
const QUOTED = /^(?:W\/)?"[^"]*"$/;

/** What a caller says it has read before it changes something: the header `If-Match` (RFC 9110 §13.1.1). */
export class ExpectedVersion {
  constructor(private readonly header: string | undefined) {}

  /**
   * Call it once the resource is found and the caller may change it.
   *
   * @param version that the resource has now
   * @throws RequestRefused `precondition.required` without a header, `precondition.failed` when it is another version
   */
  verify(version: number): void {
    if (this.header === undefined || this.header.trim() === '')
      throw new RequestRefused(Problems.preconditionRequired);
    const tags = tagsIn(this.header);
    if (tags.some((tag) => tag === '*' || VERSION.exec(tag)?.[1] === String(version))) return;
    throw new RequestRefused(Problems.preconditionFailed, {
      headers: { etag: etagOf(version) },
      ...(!tags.every((tag) => QUOTED.test(tag)) && {
        detail: `If-Match does not hold an ETag: one stands in double quotes, such as ${etagOf(version)}.`,
      }),
    });
  }
}

/**
 * @param request whose `If-Match` counts
 * @param version that the resource has now
 * @throws RequestRefused 428 without the header, 412 when it names another version
 */
export function requireIfMatch(request: Pick<FastifyRequest, 'headers'>, version: number): void {
  new ExpectedVersion(request.headers['if-match']).verify(version);
}

const expectedVersion = createParamDecorator(
  (_: unknown, context: ExecutionContext) =>
    new ExpectedVersion(context.switchToHttp().getRequest<FastifyRequest>().headers['if-match']),
);

/** Hands the {@link ExpectedVersion} to a handler and documents the header. */
export function IfMatch(): ParameterDecorator {
  return (target, method, index) => {
    expectedVersion()(target, method, index);
    const descriptor = Object.getOwnPropertyDescriptor(target, method!)!;
    ApiHeader({
      name: 'If-Match',
      required: true,
      description: 'ETag of the version that is changed, or *. Only the version in it is compared.',
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
