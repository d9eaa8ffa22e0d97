import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { withWorkContext, type WorkContext } from './context';
import type { Logger } from './logging';

declare module 'fastify' {
  interface FastifyRequest {
    /** The context that the request's handler runs in. */
    workContext: WorkContext | null;
  }
}

/** Paths that are polled every few seconds and not worth logging while they succeed. */
const QUIET = new Set(['/livez', '/readyz', '/startupz', '/healthz', '/metrics']);

/**
 * Writes one line for each request when its response is sent: info, error for 5xx, debug for probes and metrics. Query
 * strings and secret parameters are left out, because readers of the log could misuse them.
 */
export function logRequests(server: FastifyInstance, logger: Logger): void {
  server.addHook('onResponse', (request, reply, done) => {
    const level = levelOf(request, reply);
    if (!logger.isLevelEnabled(level)) return done();
    const path = loggedPathOf(request);
    const line = {
      'http.request.method': request.method,
      'url.path': path,
      'http.route': request.routeOptions.url,
      'http.response.status_code': reply.statusCode,
      'event.duration': Math.round(reply.elapsedTime * 1e6),
      'client.ip': request.ip,
      'user_agent.original': request.headers['user-agent'],
    };
    const write = () => logger[level](line, `${request.method} ${path} ${reply.statusCode}`);
    if (request.workContext) withWorkContext(request.workContext, write);
    else write();
    done();
  });
}

function levelOf(request: FastifyRequest, reply: FastifyReply): 'info' | 'error' | 'debug' {
  if (QUIET.has(request.routeOptions.url ?? '')) return 'debug';
  return reply.statusCode >= 500 ? 'error' : 'info';
}

/** Route config for the logged path. */
export interface SecretParams {
  /** Names of secret parameters. */
  secretParams?: readonly string[];
}

/**
 * The loggable path of a request: without the query string, and with the placeholder of each secret parameter
 * (`/v1/users/activate/:token`).
 */
export function pathWithoutSecrets({ url, routeOptions, params }: FastifyRequest): string {
  const { secretParams = [] } = (routeOptions.config ?? {}) as SecretParams;
  if (secretParams.length === 0 || routeOptions.url === undefined) return url.split('?', 1)[0]!;
  const values = params as Record<string, string>;
  return routeOptions.url.replaceAll(/:(\w+)/g, (pattern, name: string) =>
    secretParams.includes(name) ? pattern : encodeURIComponent(values[name] ?? ''),
  );
}

/** Longer segments of a path without a route can be a secret that was sent to a wrong URL. */
const MAX_UNKNOWN_PART = 20;

function loggedPathOf(request: FastifyRequest): string {
  const path = pathWithoutSecrets(request);
  if (request.routeOptions.url !== undefined) return path;
  return path
    .split('/')
    .map((part) => (part.length > MAX_UNKNOWN_PART ? '[hidden]' : part))
    .join('/');
}
