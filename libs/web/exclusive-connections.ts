import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * Gives long-lived responses a connection of their own (RFC 9112 §9.6): it closes behind them. The response to a request
 * that follows meanwhile would wait in memory for the end of the one before it, so that request ends the connection.
 *
 * @param isLongLived whether the route with that config streams without end
 */
export function closeBehindStreams(server: FastifyInstance, isLongLived: (config: unknown) => boolean): void {
  const streaming = new WeakSet<Socket>();
  server.addHook('onRequest', (request, reply, done) => {
    const { socket } = request.raw;
    if (streaming.has(socket)) {
      reply.hijack();
      socket.destroy();
      return;
    }
    if (isLongLived(request.routeOptions.config)) {
      streaming.add(socket);
      reply.header('connection', 'close');
    }
    done();
  });
  // One that was refused is over, and its connection may carry the next.
  server.addHook('onResponse', (request, _reply, done) => {
    if (isLongLived(request.routeOptions.config)) streaming.delete(request.raw.socket);
    done();
  });
}
