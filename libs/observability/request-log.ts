import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { withWorkContext, type WorkContext } from './context';
import type { Logger } from './logging';

declare module 'fastify' {
  interface FastifyRequest {
    /** The context that the request's handler runs in. */
    workContext: WorkContext | null;
  }
}

/** Paths that are asked every few seconds and say nothing while they succeed. */
const QUIET = new Set(['/livez', '/readyz', '/startupz', '/healthz', '/metrics']);

/**
 * Writes one line for each request when its answer is sent: info, error from 500 on, debug for probes and metrics.
 * The query is left out: it may carry secrets.
 */
export function logRequests(server: FastifyInstance, logger: Logger): void {
  server.addHook('onResponse', (request, reply, done) => {
    const level = levelOf(request, reply);
    if (!logger.isLevelEnabled(level)) return done();
    const path = pathOf(request.url);
    const line = {
      'http.request.method': request.method,
      'url.path': path,
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

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}
