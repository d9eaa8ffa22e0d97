import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiExtension, ApiHeader } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestRefused } from './problem';
import { Problems } from './problems';
import { AddToRouteConfig } from './route-config';

/** @returns the entity tag of a version: `"7"`. */
export function etagOf(version: number): string {
  return `"${version}"`;
}

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
    // Strong comparison: a weak tag never matches.
    const matches = tagsIn(this.header).some((tag) => tag === '*' || tag === etagOf(version));
    if (!matches)
      throw new RequestRefused(Problems.preconditionFailed, { headers: { etag: etagOf(version) } });
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
      description: 'ETag of the version that is changed, or *.',
      schema: { type: 'string', example: '"3"' },
    })(target, method!, descriptor);
  };
}

/** Extension that tells `buildOpenApi` to describe the headers. */
export const VERSIONED = 'x-versioned';

/**
 * A route whose answer carries `version`: it is sent as `ETag`, and a GET whose `If-None-Match` names it is answered
 * 304 without a body (RFC 9110 §13.1.2).
 */
export function Versioned(): MethodDecorator {
  return applyDecorators(AddToRouteConfig({ versioned: true }), ApiExtension(VERSIONED, true));
}

/**
 * Sends the version of an answer as its `ETag`, and turns the answer into a 304 when the client has that version.
 *
 * @param payload that is about to be serialised
 */
export function tagVersion(request: FastifyRequest, reply: FastifyReply, payload: unknown): void {
  const version = (payload as { version?: unknown } | null)?.version;
  if (typeof version !== 'number' || reply.statusCode >= 300) return;
  reply.header('etag', etagOf(version));
  const known = request.headers['if-none-match'];
  if (known === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) return;
  const fresh = tagsIn(known).some((tag) => tag === '*' || tag.replace(/^W\//, '') === etagOf(version));
  if (fresh) reply.code(304);
}

function tagsIn(header: string): string[] {
  return header.split(',').map((tag) => tag.trim());
}
