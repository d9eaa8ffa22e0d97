import { errorCodes, type FastifyInstance, type FastifyReply } from 'fastify';

/**
 * Answers requests that have no answer in time: 503, or the end of an answer that has begun. Fastify's `handlerTimeout`
 * has a timer, a signal and listeners for each request, and forgets those whose body has been read; here one timer waits
 * for the oldest. Add it before any other hook.
 *
 * @param limitMs milliseconds
 * @param isExempt whether the route with that config may take as long as it likes
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
  // A reply that a route has taken over counts as sent; of a client that has gone there is nobody to tell.
  if (reply.sent || reply.raw.destroyed) return;
  const error = new errorCodes.FST_ERR_HANDLER_TIMEOUT(limitMs, reply.request.routeOptions.url);
  if (reply.raw.headersSent) reply.raw.destroy(error);
  else void reply.send(error);
}
