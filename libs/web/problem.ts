import type { FieldError } from '@rookery/domain';
import { traceIdOf } from '@rookery/observability';
import { NO_STORE } from './caching';
import type { ProblemDefinition } from './problems';

/** The body of every error response (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** Path of the request, without the query string. */
  instance: string;
  code: string;
  traceId: string | null;
  errors?: readonly FieldError[];
}

/** The media type of {@link Problem}. */
export const PROBLEM_JSON = 'application/problem+json';

/** Details of an error response, in addition to its definition. */
export interface RefusalOptions {
  /** What happened in this case; by default the definition's meaning. */
  detail?: string;
  errors?: readonly FieldError[];
  /** Whole seconds, for `Retry-After`. */
  retryAfterSeconds?: number;
  /** Further response headers. */
  headers?: Record<string, string>;
}

/** The web layer rejects a request with one of `Problems`. It is not logged as an error. */
export class RequestRefused extends Error {
  readonly options: RefusalOptions;

  /** @param options.errors by default the field of the definition */
  constructor(
    readonly definition: ProblemDefinition,
    options: RefusalOptions = {},
  ) {
    super(options.detail ?? definition.meaning);
    this.name = 'RequestRefused';
    this.options = definition.field ? { errors: [definition.field], ...options } : options;
  }
}

/** The request of an error response. */
export interface Asked {
  /** Its query string is left out of the response because it may contain secrets. */
  url: string;
  /** Null if the request failed before a trace was started. */
  traceparent: string | null;
}

/**
 * Builds the body of an error response.
 *
 * @param definition which problem
 * @param asked the request
 * @param options details of this case
 */
export function problemOf(
  definition: ProblemDefinition,
  asked: Asked,
  options: RefusalOptions = {},
): Problem {
  return {
    type: `/problems/${definition.code}`,
    title: definition.title,
    status: definition.status,
    detail: options.detail ?? definition.meaning,
    instance: asked.url.split('?', 1)[0]!,
    code: definition.code,
    traceId: traceIdOf(asked.traceparent) ?? null,
    ...(options.errors && { errors: options.errors }),
  };
}

/** @returns the headers of an error response, including `Retry-After` and the challenge of a 401 (RFC 6750 §3). */
export function problemHeaders(
  definition: ProblemDefinition,
  authorization: string | undefined,
  { headers, retryAfterSeconds }: RefusalOptions,
): Record<string, string> {
  const challenge = authorization === undefined ? '' : ', error="invalid_token"';
  return {
    'content-type': PROBLEM_JSON,
    'cache-control': NO_STORE,
    ...(definition.status === 401 && { 'www-authenticate': `Bearer realm="rookery"${challenge}` }),
    ...(retryAfterSeconds !== undefined && {
      'retry-after': String(Math.max(1, Math.ceil(retryAfterSeconds))),
    }),
    ...headers,
  };
}
