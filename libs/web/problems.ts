import {
  Conflict,
  definedRejections,
  DependencyUnavailable,
  FieldError,
  Forbidden,
  NotFound,
  type RejectionDefinition,
  type RejectionKind,
  Rules,
  Unauthenticated,
} from '@rookery/domain';

/** A type of error that clients can get: the target of `type` in the response. */
export interface ProblemDefinition {
  /** `<area>.<reason>`. Stable API. */
  readonly code: string;
  /** HTTP status of the response. */
  readonly status: number;
  /** A short phrase, the same in every response (RFC 9457 §3.1.3). */
  readonly title: string;
  /** What happened, in one sentence. */
  readonly meaning: string;
  /** What the caller can do about it. */
  readonly remedy: string;
  /** The default entry of `errors` for the problem. */
  readonly field?: FieldError;
}

const statusOfKind: Record<RejectionKind, number> = {
  invalid: 422,
  unauthenticated: 401,
  forbidden: 403,
  missing: 404,
  conflict: 409,
  gone: 410,
  locked: 423,
  exhausted: 429,
  unavailable: 503,
};

/** The problems of the web layer. Problems of the domain are declared as rejections. */
export const Problems = {
  invalid: problem(
    400,
    'request.invalid',
    'Invalid request',
    'The request does not match the schema of the route.',
    'Each entry of errors names a field, the code of the rule it violates, and its params. Unknown fields are errors, too.',
  ),
  malformedJson: problem(
    400,
    'request.malformed-json',
    'Malformed JSON',
    'The body is empty, is not JSON, or is nested more than 32 levels deep.',
    'Send one well-formed JSON document (RFC 8259), or no Content-Type when there is no body.',
  ),
  tooManyMembers: problem(
    400,
    'request.too-many-members',
    'Too many members',
    'The body has more members and items than the route accepts: 1,000 in total by default.',
    'Split it into several requests.',
  ),
  malformed: problem(
    400,
    'request.malformed',
    'Malformed request',
    'The request line, a header or the URL is not well-formed HTTP.',
    'Percent-encode the URL as UTF-8 and send HTTP/1.1 as defined by RFC 9112.',
  ),
  invalidCursor: problem(
    400,
    'request.invalid-cursor',
    'Invalid cursor',
    'The cursor was not issued for this list.',
    'Start without a cursor and pass on nextCursor exactly as you received it.',
    FieldError.of(
      Rules.custom,
      'cursor',
      { rule: 'cursor-of-list' },
      'The cursor was not issued for this list.',
    ),
  ),
  unauthenticated: rejection(Unauthenticated),
  forbidden: rejection(Forbidden),
  mfaRequired: problem(
    403,
    'auth.mfa-required',
    'Fresh sign-in required',
    'You must have authenticated with your second factor, or with your password if you have none, within the last 15 minutes.',
    'Call POST /v1/auth/step-up and repeat the request with the new access token.',
  ),
  notFound: rejection(NotFound),
  conflict: rejection(Conflict),
  dependencyUnavailable: rejection(DependencyUnavailable),
  methodNotAllowed: problem(
    405,
    'request.method-not-allowed',
    'Method not allowed',
    'The resource exists but does not support this method.',
    'Use one of the methods in the Allow header.',
  ),
  timeout: problem(
    408,
    'request.timeout',
    'Request timed out',
    'The request did not arrive completely in time.',
    'Send it again over a faster connection.',
  ),
  idempotencyInProgress: problem(
    409,
    'idempotency.in-progress',
    'First request still running',
    'A request with this Idempotency-Key is in progress.',
    'Send the same request again after the number of seconds in Retry-After to get its response.',
  ),
  preconditionFailed: problem(
    412,
    'precondition.failed',
    'Stale version',
    'The resource has changed since the version in If-Match.',
    'Read the resource again and repeat the change with its new ETag if it still makes sense.',
  ),
  tooLarge: problem(
    413,
    'request.too-large',
    'Request too large',
    'The body is larger than 100 kB, or an upload is larger than its limit.',
    'Send a smaller body. Upload files with a presigned upload.',
  ),
  unsupportedMediaType: problem(
    415,
    'request.unsupported-media-type',
    'Unsupported media type',
    'The route does not accept this Content-Type.',
    'Send application/json in UTF-8.',
  ),
  idempotencyKeyReused: problem(
    422,
    'idempotency.key-reused',
    'Idempotency key reused',
    'This Idempotency-Key belongs to a request with a different query or body.',
    'Use a new key for each new request. Reuse a key only to retry the same request.',
  ),
  upgradeRequired: problem(
    426,
    'realtime.upgrade-required',
    'Upgrade required',
    'This route requires a WebSocket connection.',
    'Connect with a WebSocket client (RFC 6455, version 13).',
  ),
  preconditionRequired: problem(
    428,
    'precondition.required',
    'If-Match required',
    'A change to this resource requires the header If-Match.',
    'Send the ETag of the version that you have read in If-Match.',
  ),
  rateLimited: problem(
    429,
    'rate.limited',
    'Too many requests',
    'You have used up your rate limit.',
    'Wait for the number of seconds in Retry-After. RateLimit and RateLimit-Policy show the limits and the remaining quota.',
  ),
  tooManyConnections: problem(
    429,
    'realtime.too-many-connections',
    'Too many open connections',
    'The limit of open connections of the user, of their IP address or of the server is reached.',
    'Close a connection that you do not need, share one between tabs, or try again after the number of seconds in Retry-After.',
  ),
  headersTooLarge: problem(
    431,
    'request.headers-too-large',
    'Headers too large',
    'The headers of the request are larger than 16 kB.',
    'Send fewer or shorter headers.',
  ),
  internal: problem(
    500,
    'internal',
    'Internal error',
    'Something went wrong on our side. The traceId identifies it in the logs.',
    'Try again later. If the problem persists, report the traceId.',
  ),
  shuttingDown: problem(
    503,
    'server.shutting-down',
    'Shutting down',
    'This server is shutting down and accepts no new requests.',
    'Try again immediately. Another server will respond.',
  ),
  handlerTimeout: problem(
    503,
    'server.timeout',
    'Response timed out',
    'The request took longer than the server allows.',
    'Try again after the number of seconds in Retry-After.',
  ),
} as const;

/** @returns the problem for a domain rejection. */
export function problemOfRejection({ code }: Pick<RejectionDefinition, 'code'>): ProblemDefinition {
  return problemByCode(code) ?? Problems.internal;
}

/**
 * A problem that one route returns with a different status than the others: throw it as `RequestRefused`, and list it
 * under the route's `rejects`.
 *
 * @param code of a declared problem
 */
export function withStatus({ code }: Pick<RejectionDefinition, 'code'>, status: number): ProblemDefinition {
  return Object.freeze({ ...problemOfRejection({ code }), status });
}

const byCode = new Map<string, ProblemDefinition>(
  Object.values(Problems).map((known) => [known.code, known]),
);

/** @returns the problem with that code; undefined if it is not declared. */
export function problemByCode(code: string): ProblemDefinition | undefined {
  return byCode.get(code) ?? learnRejections().get(code);
}

/** @returns every problem of the web layer and of the domain, by code. */
export function definedProblems(): readonly ProblemDefinition[] {
  return [...learnRejections().values()].sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** Rejections are declared when their modules load, so the lookup is repeated for an unknown code. */
function learnRejections(): ReadonlyMap<string, ProblemDefinition> {
  for (const definition of definedRejections()) {
    if (!byCode.has(definition.code)) byCode.set(definition.code, rejection(definition));
  }
  return byCode;
}

function problem(
  status: number,
  code: string,
  title: string,
  meaning: string,
  remedy: string,
  field?: FieldError,
): ProblemDefinition {
  return Object.freeze({ code, status, title, meaning, remedy, ...(field && { field }) });
}

function rejection({ kind, code, title, message, remedy, field }: RejectionDefinition): ProblemDefinition {
  return problem(statusOfKind[kind], code, title, message, remedy, field);
}
