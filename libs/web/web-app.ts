import type { IncomingMessage } from 'node:http';
import fastifyCompress from '@fastify/compress';
import { type DynamicModule, RequestMethod, type Type } from '@nestjs/common';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  continueTrace,
  type Logger,
  logRequests,
  measureRequests,
  rootLogger,
  WaitBudget,
  type WorkContext,
  withWorkContext,
} from '@rookery/observability';
import { newId } from '@rookery/domain';
import { fastify, type FastifyInstance, type FastifyRequest } from 'fastify';
import { Logger as NestLogger } from 'nestjs-pino';
import { authenticateCallers } from './access';
import { AllowedMethods } from './allowed-methods';
import { declareCaching } from './caching';
import { answerClientError } from './client-error';
import { announceDeprecations } from './deprecation';
import { Drain } from './drain';
import { tagAnswers } from './etag';
import { closeBehindStreams } from './exclusive-connections';
import { limitHandlers } from './handler-timeout';
import { Operators } from './basic-auth';
import { interceptKeyedRoutes, KeepIdempotent } from './idempotency/keep-idempotent';
import { readJsonBodies } from './json-body';
import { guardMetrics } from './metrics-server';
import { nextLink } from './paging';
import { refuseUndeclaredSecrets } from './params';
import { ProblemFilter, sendProblem } from './problem-filter';
import { problemOfError } from './problem-of-error';
import { Problems } from './problems';
import { limitRequests } from './rate-limits/limit-requests';
import { RateLimiter } from './rate-limits/rate-limiter';
import { announceThrottles } from './rate-limits/throttled-routes';
import { securityHeaders } from './security-headers';
import { WebSettings } from './settings';

/** Maximum body size in bytes. */
export const BODY_LIMIT = 100_000;

/** Paths at the root instead of under `/v1`. */
const AT_ROOT = [
  'livez',
  'readyz',
  'startupz',
  'healthz',
  'metrics',
  'problems',
  'problems/:code',
  '.well-known/*path',
];

/**
 * Milliseconds that a request can wait for its dependencies in total: it must get a response within 5 s, even if
 * PostgreSQL keeps connections open without responding.
 */
const WAIT_BUDGET_MS = 4_500;
const PROBES = new Set(['/livez', '/readyz', '/startupz', '/healthz', '/metrics']);
/** Milliseconds between two checks for requests that have not arrived in time. */
const MAX_CHECK_INTERVAL_MS = 1_000;

/** Options of `createWebApp`. */
export interface WebAppOptions {
  settings?: WebSettings;
  logger?: Logger;
  /** Further paths without `/v1`: `activate`. */
  atRoot?: readonly string[];
  /**
   * Decides which requests to upgrade. For all others, and without it, an `Upgrade` header is ignored (RFC 9110 §7.8).
   */
  upgrades?: (request: IncomingMessage) => boolean;
}

/** A compiled testing module of @nestjs/testing. */
interface TestingModule {
  createNestApplication<T>(adapter: FastifyAdapter, options: object): T;
}

/**
 * Builds the HTTP side of an app, ready for `listen` or `inject` after `init`: problems, validation, guards, request
 * ids, traces, logs, metrics, security headers, CORS, compression, caching, ETags, `Link`, timeouts, draining; with
 * `LimitsModule` also rate limits and idempotency keys. The module must import `HealthModule` and, for routes that are
 * not public, a passport strategy named `bearer`.
 *
 * @param source root module, or a compiled testing module
 */
export async function createWebApp(
  source: Type | DynamicModule | TestingModule,
  { settings = new WebSettings(), logger = rootLogger(), atRoot = [], upgrades }: WebAppOptions = {},
): Promise<NestFastifyApplication> {
  const server = fastify({
    bodyLimit: BODY_LIMIT,
    trustProxy: (_address, hop) => hop < settings.trustedProxies,
    genReqId: ({ headers }) => saneId(headers['x-request-id']) ?? newId(),
    // Time for a request to arrive; the adapter has no default (slow loris). Node checks only the headers timeout while
    // that is the longer one, and checks every 30 s by default.
    requestTimeout: settings.arrivalTimeoutMs,
    http: {
      requestTimeout: settings.arrivalTimeoutMs,
      headersTimeout: settings.arrivalTimeoutMs,
      connectionsCheckingInterval: Math.min(settings.arrivalTimeoutMs, MAX_CHECK_INTERVAL_MS),
      ...(upgrades && { shouldUpgradeCallback: upgrades }),
    },
    keepAliveTimeout: 65_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: 500 },
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => {
      request.workContext = workContextOf(request);
      reply.header('x-request-id', request.id);
      const { definition, options } = problemOfError(error);
      sendProblem(request, reply, definition, options);
    },
  }) as unknown as FastifyInstance;
  // Providers for hooks. The container is created after the adapter, whose own hooks run after these.
  const methods = () => app.get(AllowedMethods, { strict: false });
  const problems = () => app.get(ProblemFilter, { strict: false });
  // Nest handles errors of its own scope, but not those of plugins that are registered before it starts.
  server.addHook('onRegister', (scope) => {
    scope.setErrorHandler((error, request, reply) => problems().answer(error, request, reply));
  });
  limitHandlers(server, settings.requestTimeoutMs, isLongLived);
  openWorkContexts(server, await securityHeaders({ https: settings.production }));
  refuseSecondHost(server);
  logRequests(server, logger);
  measureRequests(server);
  closeBehindStreams(server, isLongLived);
  answerOptions(server, methods);
  linkAnswers(server);
  tagAnswers(server);
  declareCaching(server);
  announceDeprecations(server);
  readJsonBodies(server);
  server.addHook('onRoute', (route) => {
    refuseUndeclaredSecrets(route.url, route.config);
  });

  const adapter = new FastifyAdapter(server as never);
  const nestOptions = { bufferLogs: true, bodyParser: false, abortOnError: false } as const;
  const app: NestFastifyApplication =
    'createNestApplication' in source
      ? source.createNestApplication<NestFastifyApplication>(adapter, nestOptions)
      : await NestFactory.create<NestFastifyApplication>(source, adapter, nestOptions);
  const pino = app.get(NestLogger, { strict: false });
  app.useLogger(pino);
  methods().observe(server);
  announceThrottles(app.get(ModulesContainer));
  refuseWhileClosing(server, app.get(Drain, { strict: false }));
  const limiter = provided(app, RateLimiter);
  guardMetrics(server, settings, provided(app, Operators) ?? new Operators(settings, limiter));
  await protect(app, settings);
  if (limiter?.enabled) limitRequests(server, limiter);
  authenticateCallers(server);
  const idempotent = provided(app, KeepIdempotent);
  if (idempotent) {
    interceptKeyedRoutes(app.get(ModulesContainer));
    idempotent.storeAnswers(server);
  }

  app.setGlobalPrefix('v1', {
    exclude: [...AT_ROOT, ...atRoot].map((path) => ({ path, method: RequestMethod.ALL })),
  });
  return app;
}

/** @returns a provider of a module that not every app imports; `app.get()` would log an error if it is absent. */
function provided<T>(app: NestFastifyApplication, type: Type<T>): T | undefined {
  const modules = [...app.get(ModulesContainer).values()];
  return modules.find(({ providers }) => providers.has(type))?.providers.get(type)?.instance as T | undefined;
}

function isLongLived(config: unknown): boolean {
  return (config as { longLived?: boolean } | undefined)?.longLived === true;
}

function saneId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && /^[A-Za-z0-9._-]{1,128}$/.test(header) ? header : undefined;
}

/**
 * Every request runs in its own work context, so that logs and events contain its ids; every response has the request's
 * id and the security headers.
 */
function openWorkContexts(server: FastifyInstance, headers: Record<string, string>): void {
  server.decorateRequest('workContext', null);
  server.addHook('onRequest', (request, reply, done) => {
    request.workContext = workContextOf(request);
    reply.headers(headers).header('x-request-id', request.id);
    withWorkContext(request.workContext, done);
  });
}

function workContextOf({
  id,
  ip,
  headers: { traceparent, 'user-agent': userAgent = '' },
  routeOptions: { config },
}: FastifyRequest): WorkContext {
  return {
    client: { ip, userAgent },
    ...(!isLongLived(config) && { waitBudget: new WaitBudget(WAIT_BUDGET_MS) }),
    correlationId: id,
    causationId: null,
    actorId: null,
    traceparent: continueTrace(typeof traceparent === 'string' ? traceparent : null),
  };
}

/** More than one Host header gets 400 (RFC 9112 §3.2): a proxy in front can have used the other one. */
function refuseSecondHost(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    let hosts = 0;
    const { rawHeaders } = request.raw;
    for (let index = 0; index < rawHeaders.length; index += 2)
      if (rawHeaders[index]!.length === 4 && rawHeaders[index]!.toLowerCase() === 'host') hosts += 1;
    if (hosts < 2) return done();
    reply.header('connection', 'close');
    sendProblem(request, reply, Problems.malformed);
  });
}

/** OPTIONS requests (RFC 9110 §9.3.7), except preflight requests of browsers, which CORS handles. */
function answerOptions(server: FastifyInstance, methods: () => AllowedMethods): void {
  server.addHook('onRequest', (request, reply, done) => {
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] !== undefined)
      return done();
    const allowed = methods().of(request.url);
    if (allowed.length === 0) sendProblem(request, reply, Problems.notFound);
    else void reply.code(204).header('allow', allowed.join(', ')).send();
  });
}

/** Headers for the cache status and the next page of a list. */
function linkAnswers(server: FastifyInstance): void {
  server.addHook('preSerialization', (request, reply, payload, done) => {
    const cache = request.workContext?.cache;
    if (cache !== undefined) reply.header('x-cache', cache);
    const link = nextLink(request, payload);
    if (link !== undefined) reply.header('link', link);
    done(null, payload);
  });
}

/**
 * After closing, only probes are served. While draining, no connection is kept alive: one that is busy when the server
 * closes would otherwise keep the server open until its keep-alive timeout.
 */
function refuseWhileClosing(server: FastifyInstance, drain: Drain): void {
  server.addHook('onRequest', (request, reply, done) => {
    if (!drain.closed || PROBES.has(request.url)) return done();
    sendProblem(request, reply, Problems.shuttingDown, { retryAfterSeconds: 1 });
  });
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (drain.draining) reply.header('connection', 'close');
    done(null, payload);
  });
}

/** Pages of `CORS_ORIGINS` can call the API from other origins, with credentials. Other origins get no CORS headers. */
function allowOrigins(app: NestFastifyApplication, { corsOrigins }: WebSettings): void {
  if (corsOrigins.length === 0) return;
  const others = { origin: corsOrigins };
  const named = {
    ...others,
    credentials: true,
    maxAge: 43_200,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: [
      'Allow',
      'Content-Disposition',
      'Deprecation',
      'WWW-Authenticate',
      'X-Request-Id',
      'ETag',
      'Link',
      'RateLimit',
      'RateLimit-Policy',
      'Retry-After',
      'Sunset',
      'Location',
      'Idempotency-Replayed',
      'X-Cache',
    ],
  };
  const delegator = (request: FastifyRequest, done: (error: null, options: object) => void) =>
    done(null, corsOrigins.includes(request.headers.origin ?? '') ? named : others);
  app.enableCors(delegator as never); // Nest passes on what its type does not declare
}

async function protect(app: NestFastifyApplication, settings: WebSettings): Promise<void> {
  allowOrigins(app, settings);
  await app.register(fastifyCompress as never, {
    threshold: 1_000,
    encodings: ['br', 'gzip'],
    globalDecompression: false,
  });
}
