import { HttpException } from '@nestjs/common';
import { DependencyUnavailable, Rejection, StaleVersion, VersionRequired } from '@rookery/domain';
import { isDependencyUnavailable } from './dependency-errors';
import { staleOptions } from './etag';
import { type RefusalOptions, RequestRefused } from './problem';
import { type ProblemDefinition, problemOfRejection, Problems } from './problems';

/** The response to an error; `unexpected` errors are bugs and are logged with their stack. */
export interface Answered {
  definition: ProblemDefinition;
  options: RefusalOptions;
  unexpected: boolean;
}

const RETRY_AFTER_SECONDS = 5;
const unavailable = problemOfRejection(DependencyUnavailable);

/** Errors that Fastify raises before a handler runs. */
const ofFastify: Record<string, ProblemDefinition> = {
  FST_ERR_CTP_EMPTY_JSON_BODY: Problems.malformedJson,
  FST_ERR_CTP_INVALID_JSON_BODY: Problems.malformedJson,
  FST_ERR_CTP_BODY_TOO_LARGE: Problems.tooLarge,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: Problems.unsupportedMediaType,
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: Problems.malformed,
  FST_ERR_BAD_URL: Problems.malformed,
  FST_ERR_HANDLER_TIMEOUT: Problems.handlerTimeout,
};

/** Problems for library exceptions, which have only a status. */
const ofStatus: Record<number, ProblemDefinition> = {
  400: Problems.invalid,
  401: Problems.unauthenticated,
  403: Problems.forbidden,
  404: Problems.notFound,
  405: Problems.methodNotAllowed,
  408: Problems.timeout,
  409: Problems.conflict,
  // A parameter too long for the router cannot be an existing id.
  414: Problems.notFound,
  412: Problems.preconditionFailed,
  413: Problems.tooLarge,
  415: Problems.unsupportedMediaType,
  428: Problems.preconditionRequired,
  429: Problems.rateLimited,
  431: Problems.headersTooLarge,
  503: unavailable,
};

/**
 * @param ifMatch the header of the request, for the details of a stale version
 * @returns the response to whatever was thrown. Error messages of libraries are not passed on.
 */
export function problemOfError(error: unknown, ifMatch?: string): Answered {
  if (error instanceof RequestRefused) return expected(error.definition, error.options);
  if (error instanceof StaleVersion)
    return expected(Problems.preconditionFailed, staleOptions(error.version, ifMatch));
  if (error instanceof Rejection && error.code === VersionRequired.code)
    return expected(Problems.preconditionRequired);
  if (error instanceof Rejection) {
    const definition = problemOfRejection(error);
    const retryAfterSeconds =
      error.retryAfterSeconds ?? (definition.status === 503 ? RETRY_AFTER_SECONDS : undefined);
    return expected(definition, {
      detail: error.message,
      ...(error.errors && { errors: error.errors }),
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    });
  }
  if (isDependencyUnavailable(error)) return { ...busy(unavailable), unexpected: true };
  const origin = error instanceof HttpException && error.cause instanceof Error ? error.cause : error;
  const known = ofFastify[(origin as { code?: string } | null)?.code ?? ''];
  if (known) return known.status === 503 ? busy(known) : expected(known);
  const status = statusOf(error);
  const byStatus = ofStatus[status] ?? (status >= 400 && status < 500 ? Problems.invalid : undefined);
  if (byStatus) return byStatus.status === 503 ? busy(byStatus) : expected(byStatus);
  return { definition: Problems.internal, options: {}, unexpected: true };
}

function expected(definition: ProblemDefinition, options: RefusalOptions = {}): Answered {
  return { definition, options, unexpected: false };
}

function busy(definition: ProblemDefinition): Answered {
  return expected(definition, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}

function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : 500;
}
