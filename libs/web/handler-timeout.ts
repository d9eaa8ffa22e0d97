import { errorCodes, type FastifyInstance, type FastifyReply } from 'fastify';

/**
 * Enforces a time limit for responses: returns 503, or aborts a response that has already started. Fastify's
 * `handlerTimeout` uses a timer, a signal and listeners for each request, and does not cover requests whose body has
 * been read. Here one timer waits for the oldest request. Add it before any other hook.
 *
 * @param limitMs milliseconds
 * @param isExempt whether the route with this config has no time limit
 */
export function limitHandlers(
  server: FastifyInstance,
  limitMs: number,
  isExempt: (config: unknown) => boolean,
): void {
  const waiting = new Set<FastifyReply>();
  let timer: NodeJS.Timeout | undefined;
  const waitFor = (ms: number) => {
    timer = setTimeout(check, Math.ceil(ms)).unref();
  };
  const check = () => {
    timer = undefined;
    for (const reply of waiting) {
      const leftMs = limitMs - reply.elapsedTime;
      if (leftMs > 0) return waitFor(leftMs);
      waiting.delete(reply);
      endLate(reply, limitMs);
    }
  };
  server.addHook('onRequest', (request, reply, done) => {
    if (!isExempt(request.routeOptions.config)) {
      waiting.add(reply);
      if (!timer) waitFor(limitMs);
    }
    done();
  });
  server.addHook('onResponse', (_request, reply, done) => {
    waiting.delete(reply);
    done();
  });
  server.addHook('onClose', (_server, done) => {
    clearTimeout(timer);
    done();
  });
}

function endLate(reply: FastifyReply, limitMs: number): void {
  // A reply that a route has hijacked counts as sent, and a client that has disconnected needs no response.
  if (reply.sent || reply.raw.destroyed) return;
  const error = new errorCodes.FST_ERR_HANDLER_TIMEOUT(limitMs, reply.request.routeOptions.url);
  if (reply.raw.headersSent) reply.raw.destroy(error);
  else void reply.send(error);
}
