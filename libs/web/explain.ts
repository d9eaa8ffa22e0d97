import { applyDecorators, HttpCode } from '@nestjs/common';
import { ApiExtension, ApiExtraModels, ApiOperation, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import type { GuardedRoute } from './access';
import { ListOf } from './paging';
import { AddToRouteConfig } from './route-config';

type ResponseClass = new () => object;

/** The successful response of a route. */
export interface Answer {
  /** 200 by default. */
  status?: number;
  /** Class of the body; several classes if it is one of them. */
  type?: ResponseClass | readonly [ResponseClass, ...ResponseClass[]];
  /** Class of the entries of a list. */
  list?: ResponseClass;
  /** Media type of a body that is not JSON; several media types if it has one of them. */
  mediaType?: string | readonly [string, ...string[]];
  /** One sentence; the summary of the status by default. */
  description?: string;
  /** Relevant response headers, with descriptions. */
  headers?: Record<string, string>;
}

/** An error of a route; `status` if it is known, or if it differs from the code's usual one. */
export interface Rejects {
  readonly code: string;
  readonly status?: number;
}

/** Documentation of a route. */
export interface Explanation {
  /** camelCase, unique in the API: clients call it by this name. */
  operationId: string;
  /** A short imperative: `Create a post`. */
  summary: string;
  description?: string;
  ok?: Answer;
  /** Domain rejections and `Problems` that callers can get here, besides those of every route. */
  rejects?: readonly Rejects[];
}

/** Extension that holds the codes until `buildOpenApi` turns them into responses. */
export const REJECTS = 'x-problems';

const OK: Record<number, string> = {
  200: 'Done.',
  201: 'Created.',
  202: 'Accepted for processing.',
  204: 'Done. No content.',
};

/**
 * Documents a route: status, response and every problem that a caller can get. 400, 401, 429, 500 and 503 are implied;
 * also 403 without `@Public()` (an API key can lack the scope), and 413 and 415 with a body.
 */
export function Explain({
  operationId,
  summary,
  description,
  ok = {},
  rejects = [],
}: Explanation): MethodDecorator {
  const { status = 200 } = ok;
  return applyDecorators(
    HttpCode(status),
    AddToRouteConfig({ explained: true } satisfies GuardedRoute),
    ApiOperation({ operationId, summary, ...(description && { description }) }),
    ApiResponse({
      status,
      description: ok.description ?? OK[status] ?? 'Done.',
      ...headersOf(ok),
      ...bodyOf(ok),
    }),
    ApiExtraModels(...modelsOf(ok)),
    ApiExtension(
      REJECTS,
      rejects.map(({ code, status: answered }): Rejects => ({ code, ...(answered && { status: answered }) })),
    ),
  );
}

function modelsOf({ type, list }: Answer): ResponseClass[] {
  if (list) return [ListOf(list)];
  if (!type) return [];
  return typeof type === 'function' ? [type] : [...type];
}

function headersOf({ list, headers }: Answer): object {
  const all = Object.entries({
    ...(list && { Link: 'URL of the next page, if there is one (RFC 8288).' }),
    ...headers,
  });
  if (all.length === 0) return {};
  return {
    headers: Object.fromEntries(
      all.map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
    ),
  };
}

function bodyOf(answer: Answer): object {
  const schemas = modelsOf(answer).map((model) => ({ $ref: getSchemaPath(model) }));
  if (schemas.length === 0 && !answer.mediaType) return {};
  const { mediaType = 'application/json' } = answer;
  const schema =
    schemas.length === 0 ? { type: 'string' } : schemas.length === 1 ? schemas[0] : { oneOf: schemas };
  return { content: Object.fromEntries([mediaType].flat().map((each) => [each, { schema }])) };
}

/** A route that responds with an endless stream: the request timeout does not apply. */
export function LongLived(): MethodDecorator {
  return AddToRouteConfig({ longLived: true });
}
