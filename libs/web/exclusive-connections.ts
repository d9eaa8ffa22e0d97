import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * Gives each long-lived response its own connection (RFC 9112 §9.6), which closes after it. If another request arrives
 * on the connection, its response would wait in memory for the end of the stream, so the connection is closed.
 *
 * @param isLongLived whether the route with this config streams endlessly
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
  // A rejected request has ended, and its connection can be reused.
  server.addHook('onResponse', (request, _reply, done) => {
    if (isLongLived(request.routeOptions.config)) streaming.delete(request.raw.socket);
    done();
  });
}
