import { definedRules, FieldError, Rules } from '@rookery/domain';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { OPERATORS } from './basic-auth';
import { CACHEABLE, NO_STORE, PRIVATE, publicFor, REVALIDATED } from './caching';
import { DEPRECATED, type Deprecation } from './deprecation';
import { VERSIONED } from './etag';
import { REJECTS, type Rejects } from './explain';
import { fixResponses } from './fixed-responses';
import { SCOPE } from './field-types';
import { NEEDS_FRESH } from './fresh';
import { NEVER_STORED } from './idempotency/never-stored';
import { Components } from './openapi-components';
import { PROBLEM_JSON, problemOf, type RefusalOptions } from './problem';
import { definedProblems, problemByCode, type ProblemDefinition, Problems, withStatus } from './problems';
import { allParamSchemas } from './rule-schemas';
import { clashingSchemas } from './schemas';
import { describePolicy, isExempt, RATE_LIMIT, RatePolicies } from './rate-limits/policies';

/** General information about the API. */
export interface ApiDescription {
  title: string;
  description: string;
  version: string;
  /** The groups of operations, in display order. If given, every operation must be in one of them. */
  tags?: readonly { name: string; description: string }[];
}

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: { type?: unknown; example?: unknown; [more: string]: unknown };
  [more: string]: unknown;
}

interface Operation {
  operationId?: string;
  description?: string;
  deprecated?: boolean;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: unknown;
  responses: Record<string, { headers?: object; description?: string }>;
  security?: Record<string, string[]>[];
  [extension: `x-${string}`]: unknown;
}

/**
 * Describes the API (OpenAPI 3.1). The result depends only on the code: paths, schemas and responses are sorted.
 *
 * @param app initialized or not
 * @throws Error naming operations without an `operationId`, with a duplicate one, outside of the declared groups, or
 *   with unknown error codes, and classes that have the same schema name
 */
export function buildOpenApi(
  app: NestFastifyApplication,
  { title, description, version, tags }: ApiDescription,
): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(title)
    .setDescription(description)
    .setVersion(version)
    .addServer('/')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, 'bearer')
    .addBasicAuth({ type: 'http', scheme: 'basic', description: 'OPS_USER and OPS_PASSWORD.' }, 'operations')
    .addSecurityRequirements('bearer');
  for (const tag of tags ?? []) builder.addTag(tag.name, tag.description);
  const config = builder.build();
  config.info.contact = { name: `The maintainers of ${title}` };
  config.info.license = { name: 'MIT', identifier: 'MIT' } as { name: string };
  const document = SwaggerModule.createDocument(app, config, { autoTagControllers: false });
  const mistakes: string[] = [];
  const shared = new Components();
  const permissions = new Set<string>();
  const seen = new Set<string>();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods) as [string, Operation][]) {
      const where = `${method.toUpperCase()} ${path}`;
      const id = operation.operationId;
      if (!id || id.includes('_')) mistakes.push(`${where} has no operationId: add @Explain()`);
      else if (seen.has(id)) mistakes.push(`${where} repeats the operationId ${id}`);
      else seen.add(id);
      if (tags) mistakes.push(...tagMistakes(operation, tags).map((mistake) => `${where} ${mistake}`));
      mistakes.push(
        ...explain(method, path, operation, shared).map(
          (code) => `${where} rejects with ${code}, which is not defined`,
        ),
      );
      for (const permission of permissionsOf(operation)) permissions.add(permission);
    }
  }
  mistakes.push(...clashingSchemas(Object.keys(document.components?.schemas ?? {})));
  if (mistakes.length > 0) throw new Error(`The API cannot be described:\n  ${mistakes.join('\n  ')}`);
  const parts = shared.all();
  const answered = new Set(
    Object.values(parts.responses).flatMap((response) => Object.keys(examplesOf(response))),
  );
  return {
    ...document,
    paths: sorted(document.paths),
    components: {
      ...document.components,
      ...(parts as OpenAPIObject['components']),
      schemas: sorted({
        ...document.components?.schemas,
        Problem: problemSchema(),
        FieldError: fieldErrorSchema(),
        RuleCode: ruleCodeSchema(),
        ...(permissions.size > 0 && { [SCOPE]: scopeSchema(permissions) }),
      }),
      examples: Object.fromEntries(
        definedProblems()
          .filter(({ code }) => answered.has(code))
          .map((problem) => [problem.code, exampleOf(problem)]),
      ),
    },
  };
}

function tagMistakes({ tags = [] }: Operation, declared: readonly { name: string }[]): string[] {
  if (tags.length === 0) return ['is not in a group: add @ApiTags() to its controller'];
  return tags
    .filter((tag) => !declared.some(({ name }) => name === tag))
    .map((tag) => `has the tag ${tag}, which is not declared: add it under "tags" in its <name>.context.ts`);
}

/** Turns the metadata of the decorators into responses; returns the undeclared codes. */
function explain(method: string, path: string, operation: Operation, shared: Components): string[] {
  const open = operation['x-public'] === true;
  const operators = operation[OPERATORS] === true;
  const rejects = (operation[REJECTS] as Rejects[] | undefined) ?? [];
  delete operation['x-public'];
  const versioned = operation[VERSIONED] === true;
  delete operation[REJECTS];
  delete operation[VERSIONED];
  if (open) operation.security = operators ? [{ operations: [] }] : [];
  delete operation[OPERATORS];
  const revalidated = versioned && method === 'get';
  if (versioned) describeVersion(revalidated, operation, shared);
  const limited = !isExempt(path);
  if (limited) describeRateLimit(operation, shared);
  const keyed = method === 'post' || method === 'patch';
  const stored = operation[NEVER_STORED] !== true;
  delete operation[NEVER_STORED];
  const seconds = operation[CACHEABLE] as number | undefined;
  delete operation[CACHEABLE];
  const keep =
    seconds !== undefined
      ? publicFor(seconds)
      : revalidated
        ? REVALIDATED
        : open || !stored
          ? NO_STORE
          : PRIVATE;
  const cacheControl = text(`Who can cache the response: \`${keep}\`.`);
  describeHeaders(operation, {
    'Cache-Control': shared.share('headers', `Cache-Control ${keep}`, cacheControl) ?? cacheControl,
  });
  const deprecation = operation[DEPRECATED] as Deprecation | undefined;
  delete operation[DEPRECATED];
  if (deprecation) describeDeprecation(deprecation, operation, shared);
  if (keyed) describeIdempotency(operation, stored, shared);
  for (const parameter of operation.parameters ?? []) {
    // Lists are accepted as `a,b` and as a repeated parameter; the first is documented.
    if (parameter.in === 'query' && parameter.schema?.type === 'array') parameter.explode = false;
    if (parameter.in === 'query' && !parameter.required) describeExample(parameter);
  }
  const implied = [
    Problems.invalid,
    ...(operation.requestBody
      ? [Problems.malformedJson, Problems.tooLarge, Problems.tooManyMembers, Problems.unsupportedMediaType]
      : []),
    ...(operation.parameters?.some(({ name }) => name === 'cursor') ? [Problems.invalidCursor] : []),
    ...(operation.parameters?.some(({ in: place }) => place === 'path') ? [Problems.notFound] : []),
    ...(operation.parameters?.some(({ name }) => name === 'If-Match')
      ? [Problems.preconditionFailed, Problems.preconditionRequired]
      : []),
    ...(open ? [] : [Problems.unauthenticated, Problems.forbidden]),
    ...(operators ? [Problems.unauthenticated] : []),
    ...(operation[NEEDS_FRESH] ? [Problems.mfaRequired] : []),
    ...(keyed ? [Problems.idempotencyInProgress, Problems.idempotencyKeyReused] : []),
    ...(limited ? [Problems.rateLimited] : []),
    Problems.internal,
    Problems.dependencyUnavailable,
  ];
  const stated = rejects.map(statedProblem);
  const problems = new Set([...implied, ...stated.filter((problem) => problem !== undefined)]);
  for (const [status, same] of Map.groupBy(problems, (problem) => String(problem.status))) {
    operation.responses[status] ??= sharedResponse(status, same, shared);
  }
  operation.responses = sorted(operation.responses);
  shareParts(operation, shared);
  return rejects.filter((_, index) => stated[index] === undefined).map(({ code }) => code);
}

/** @returns the problem as the route returns it; undefined if it is not declared. */
function statedProblem({ code, status }: Rejects): ProblemDefinition | undefined {
  const known = problemByCode(code);
  return known && status !== undefined && status !== known.status ? withStatus(known, status) : known;
}

/** Adds headers to the successful responses of an operation; what its route says of them stays. */
function describeHeaders(operation: Operation, headers: object): void {
  for (const [status, response] of Object.entries(operation.responses)) {
    if (status.startsWith('2')) response.headers = { ...response.headers, ...headers, ...response.headers };
  }
}

function describeVersion(revalidated: boolean, operation: Operation, shared: Components): void {
  const ETag = sharedText(
    'ETag',
    'The version (for If-Match), then a hyphen and a digest of the response (for If-None-Match).',
    shared,
  );
  describeHeaders(operation, { ETag });
  if (!revalidated) return;
  const Vary = sharedText(
    'Vary',
    'Contains Authorization, because the response is only for this caller.',
    shared,
  );
  describeHeaders(operation, { Vary });
  operation.responses['304'] = { description: 'The response has not changed.', headers: { ETag, Vary } };
  operation.parameters = [
    ...(operation.parameters ?? []),
    {
      name: 'If-None-Match',
      in: 'header',
      required: false,
      description: 'ETag of the response that the client has cached.',
      schema: { type: 'string' },
    },
  ];
}

function describeDeprecation(
  { since, sunset, instead }: Deprecation,
  operation: Operation,
  shared: Components,
): void {
  const told = `Deprecated since ${since}. It can be removed from ${sunset} on. ${instead}`;
  operation.deprecated = true;
  operation.description = operation.description ? `${operation.description}\n\n${told}` : told;
  describeHeaders(operation, {
    Deprecation: sharedText('Deprecation', 'Since when the operation is deprecated (RFC 9745).', shared),
    Sunset: sharedText('Sunset', 'When the operation can be removed (RFC 8594).', shared),
  });
}

/** Parameters that many operations share. One with a different description remains in its operation. */
function shareParts(operation: Operation, shared: Components): void {
  const common = new Set(['cursor', 'limit', 'id', 'If-Match', 'If-None-Match', 'Idempotency-Key']);
  operation.parameters = operation.parameters?.map((parameter) =>
    common.has(parameter.name)
      ? ((shared.share('parameters', parameter.name, parameter) ??
          shared.share('parameters', `${parameter.name} once`, parameter) ??
          parameter) as Parameter)
      : parameter,
  );
  for (const { headers } of Object.values(operation.responses)) {
    const { Link } = (headers ?? {}) as Record<string, object>;
    if (Link) Object.assign(headers!, { Link: shared.share('headers', 'Link', Link) ?? Link });
  }
}

function sharedText(name: string, description: string, shared: Components): object {
  return shared.share('headers', name, text(description)) ?? text(description);
}

const text = (description: string) => ({ description, schema: { type: 'string' } });

/** Swagger UI fills in the example of every parameter; for an optional one this would filter the result. */
function describeExample(parameter: Parameter): void {
  const { example, ...schema } = parameter.schema ?? {};
  if (example === undefined) return;
  parameter.schema = schema;
  parameter.description = `${parameter.description} For example \`${example as string}\`.`;
}

/** Every route is under the default policy, possibly also under others. */
function describeRateLimit(operation: Operation, shared: Components): void {
  const own = (operation[RATE_LIMIT] as object[] | undefined) ?? [];
  operation[RATE_LIMIT] = [describePolicy(RatePolicies.default), ...own];
  for (const response of Object.values(operation.responses)) {
    response.headers = {
      ...response.headers,
      ...rateLimitHeaders(shared),
    };
  }
}

function rateLimitHeaders(shared: Components): object {
  return {
    RateLimit: sharedText(
      'RateLimit',
      'Remaining quota of each limit, and seconds until the quota is full again.',
      shared,
    ),
    'RateLimit-Policy': sharedText('RateLimit-Policy', 'Rate limits that apply to this request.', shared),
  };
}

function describeIdempotency(operation: Operation, stored: boolean, shared: Components): void {
  const promise = stored
    ? 'A request with the same key and the same body within 24 hours returns the first response again.'
    : 'The response contains a secret and is not stored. After it is sent, a request with the same key runs again.';
  operation.parameters = [
    ...(operation.parameters ?? []),
    {
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description: `Makes the request safe to retry. Use a UUID. ${promise}`,
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    },
  ];
  if (!stored) return;
  describeHeaders(operation, {
    'Idempotency-Replayed': sharedText(
      'Idempotency-Replayed',
      '`true` if this is a replay of the first response.',
      shared,
    ),
  });
}

/** Headers of error responses with a status. */
const headersOfStatus: Record<string, Record<string, string>> = {
  401: { 'WWW-Authenticate': 'How to authenticate (RFC 6750).' },
  405: { Allow: 'The methods that the resource supports.' },
  409: {
    'Retry-After': 'Seconds to wait while the first request runs (`idempotency.in-progress`).',
  },
  423: { 'Retry-After': 'Seconds to wait, if the lock expires by itself.' },
  429: {
    'Retry-After': 'Seconds to wait.',
  },
  503: { 'Retry-After': 'Seconds to wait.' },
};

/** @returns a reference to the response with exactly these problems, named after their codes */
function sharedResponse(
  status: string,
  problems: ProblemDefinition[],
  shared: Components,
): Operation['responses'][string] {
  const inOrder = problems.toSorted((a, b) => (a.code < b.code ? -1 : 1));
  const name = inOrder.map((problem) => (isUsual(problem) ? problem.code : `${problem.code} as ${status}`));
  const response = responseOf(status, inOrder, shared);
  return (shared.share('responses', name.join(' or '), response) as object | undefined) ?? response;
}

/** Whether a problem has its usual status. */
function isUsual(problem: ProblemDefinition): boolean {
  return problem === problemByCode(problem.code);
}

function responseOf(
  status: string,
  problems: ProblemDefinition[],
  shared: Components,
): { headers?: object; description: string; content: object } {
  const headers = {
    ...(status === '429' && rateLimitHeaders(shared)),
    ...Object.fromEntries(
      Object.entries(headersOfStatus[status] ?? {}).map(([name, description]) => [name, text(description)]),
    ),
  };
  const code = { type: 'string', enum: problems.map((problem) => problem.code) };
  return {
    ...(Object.keys(headers).length > 0 && { headers }),
    description: problems.map(({ code: name, meaning }) => `\`${name}\`: ${meaning}`).join('\n\n'),
    content: {
      [PROBLEM_JSON]: {
        schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code } }] },
        examples: Object.fromEntries(
          problems.map((problem) => [
            problem.code,
            isUsual(problem) ? { $ref: `#/components/examples/${problem.code}` } : exampleOf(problem),
          ]),
        ),
      },
    },
  };
}

function examplesOf(response: object): object {
  const { content } = response as { content: Record<string, { examples: object }> };
  return content[PROBLEM_JSON]!.examples;
}

function permissionsOf(operation: Operation): string[] {
  const own = operation['x-required-permission'] ?? [];
  return [own, operation['x-permission-beyond-own'] ?? []].flat() as string[];
}

function scopeSchema(permissions: ReadonlySet<string>): object {
  return {
    type: 'string',
    enum: ['read', 'write', ...[...permissions].sort()],
    description:
      'What an API key can do: `read` (GET and HEAD), `write` (all other methods), or a permission of its owner.',
  };
}

/** Details of an invalid request. */
const BROKEN: RefusalOptions = {
  detail: '2 fields violate a rule.',
  errors: [
    FieldError.of(
      Rules.length,
      'title',
      { min: 1, max: 100, unit: 'characters' },
      'title must be 1 to 100 characters long.',
    ),
    FieldError.of(Rules.unknown, 'color', {}, 'color is not a field of this request.'),
  ],
};

function exampleOf(problem: ProblemDefinition): object {
  return {
    summary: problem.title,
    value: problemOf(
      problem,
      {
        url: '/v1/example',
        traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      },
      problem.code === Problems.invalid.code ? BROKEN : problem.field ? { errors: [problem.field] } : {},
    ),
  };
}

function problemSchema(): object {
  const line = (description: string) => ({ type: 'string', description });
  return {
    type: 'object',
    description: 'An error (RFC 9457).',
    required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'traceId'],
    properties: {
      type: line('URL of a page about this type of problem.'),
      title: line('Short summary of the type of problem.'),
      status: { type: 'integer', minimum: 400, maximum: 599, description: 'The HTTP status.' },
      detail: line('What happened in this case.'),
      instance: line('Path of the request.'),
      code: {
        type: 'string',
        pattern: '^[a-z][a-z-]*(\\.[a-z][a-z-]*)?$',
        description: 'Stable code of the problem.',
      },
      traceId: { type: ['string', 'null'], description: 'Trace id in the logs of the server.' },
      errors: {
        type: 'array',
        description: 'The invalid fields.',
        items: { $ref: '#/components/schemas/FieldError' },
      },
    },
  };
}

function fieldErrorSchema(): object {
  return {
    type: 'object',
    description: 'A violated rule of a field of the request.',
    required: ['path', 'code', 'params', 'message'],
    properties: {
      path: {
        type: 'string',
        description:
          'Path of the field in the body or query, such as items.0.name. Empty for the whole body. For a header, its name.',
      },
      code: { $ref: '#/components/schemas/RuleCode' },
      params: {
        type: 'object',
        description: 'Values that a client needs to write its own message for the rule.',
        properties: allParamSchemas(),
      },
      message: { type: 'string', description: 'The violated rule in a sentence.' },
    },
  };
}

function ruleCodeSchema(): object {
  const rules = definedRules();
  const meanings = rules.map(({ code, meaning, params }) => {
    const names = Object.keys(params.shape).map((name) => `\`${name}\``);
    return `- \`${code}\`: ${meaning}${names.length > 0 ? ` Params: ${names.join(', ')}.` : ''}`;
  });
  return {
    type: 'string',
    enum: rules.map(({ code }) => code),
    description: `Code of the rule. New codes can be added: show \`message\` for a code that you do not know.\n\n${meanings.join('\n')}`,
  };
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Routes of the API description: the page with its files, and the document. They change only with a new version. */
const DESCRIPTION = /^\/v1\/(?:docs|openapi\.json|openapi\.yaml)(?:[/?]|$)/;
const DESCRIPTION_SECONDS = 300;
/** The routes that return the document; the page depends on the end of its URL. */
const LARGE = /^\/v1\/(?:openapi\.(?:json|yaml)|docs\/(?:docs\/)?swagger-ui-init\.js)$/;

/** Swagger UI loads its own files and nothing else; it sets styles from script. */
const DOCS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Serves the description: `/v1/docs`, `/v1/openapi.json`, `/v1/openapi.yaml`. Call it before `app.init()`.
 *
 * @returns the document
 */
export function serveOpenApi(app: NestFastifyApplication, description: ApiDescription): OpenAPIObject {
  const document = buildOpenApi(app, description);
  const server = app.getHttpAdapter().getInstance();
  fixResponses(server, LARGE);
  server.addHook('onSend', (request, reply, payload, done) => {
    if (request.url.startsWith('/v1/docs')) reply.header('content-security-policy', DOCS_POLICY);
    if (DESCRIPTION.test(request.url) && reply.statusCode < 400)
      reply.header('cache-control', publicFor(DESCRIPTION_SECONDS));
    done(null, payload);
  });
  SwaggerModule.setup('v1/docs', app, document, {
    jsonDocumentUrl: 'v1/openapi.json',
    yamlDocumentUrl: 'v1/openapi.yaml',
    customSiteTitle: description.title,
    swaggerOptions: {
      persistAuthorization: true,
      displayRequestDuration: true,
      tagsSorter: 'alpha',
      tryItOutEnabled: true,
    },
  });
  return document;
}
