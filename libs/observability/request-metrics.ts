import type { FastifyInstance } from 'fastify';
import { counter, histogram } from './metrics';

const requests = counter({
  name: 'http_requests_total',
  help: 'Finished requests, by route pattern, method and status.',
  labels: ['route', 'method', 'code'],
});

const duration = histogram({
  name: 'http_request_duration_seconds',
  help: 'Seconds from the first byte of a request to the last byte of its response.',
  labels: ['route', 'method'],
});

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * Counts and times every request by its route pattern (`/v1/posts/:id`). Requests without a route count as `unknown`
 * and unusual methods as `other`, so that clients cannot create an unlimited number of labels. Streams are not timed,
 * because clients decide how long they last.
 */
export function measureRequests(server: FastifyInstance): void {
  server.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    const method = METHODS.has(request.method) ? request.method : 'other';
    requests.inc({ route, method, code: reply.statusCode });
    const { longLived } = request.routeOptions.config as { longLived?: boolean };
    if (!longLived) duration.observe({ route, method }, reply.elapsedTime / 1000);
    done();
  });
}
