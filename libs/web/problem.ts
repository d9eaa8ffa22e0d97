import { traceIdOf } from '@rookery/observability';
import { NO_STORE } from './caching';
import type { ProblemDefinition } from './problems';
import type { RuleCode } from './rule-codes';

/** One rule that one field breaks. */
export interface FieldError {
  /** Where, dotted from the root of the body or query: `items.0.name`; empty for the whole. */
  path: string;
  /** Which rule. */
  code: RuleCode;
  /** In a sentence, for people. */
  message: string;
}

/** The body of every error answer (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** Path of the request, without its query. */
  instance: string;
  code: string;
  traceId: string | null;
  errors?: FieldError[];
}

/** The media type of {@link Problem}. */
export const PROBLEM_JSON = 'application/problem+json';

/** What an error answer carries besides its definition. */
export interface RefusalOptions {
  /** What happened this time, in a sentence; the definition's meaning by default. */
  detail?: string;
  errors?: FieldError[];
  /** Whole seconds, for `Retry-After`. */
  retryAfterSeconds?: number;
  /** Further response headers. */
  headers?: Record<string, string>;
}

/** The edge refuses a request with one of `Problems`. Nothing is logged as an error. */
export class RequestRefused extends Error {
  constructor(
    readonly definition: ProblemDefinition,
    readonly options: RefusalOptions = {},
  ) {
    super(options.detail ?? definition.meaning);
    this.name = 'RequestRefused';
  }
}

/** The request that an error answer belongs to. */
export interface Asked {
  /** Its query is left out of the answer because it may carry secrets. */
  url: string;
  /** Null when the request failed before a trace was started. */
  traceparent?: string | null;
}

/**
 * Builds the body of an error answer.
 *
 * @param definition which problem
 * @param asked the request
 * @param options what is particular this time
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

/** @returns the headers of an error answer, `Retry-After` and the challenge of a 401 (RFC 6750 §3) among them. */
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
