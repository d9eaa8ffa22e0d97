import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WsAdapter } from '@nestjs/platform-ws';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { cutOffTotal } from './connections';
import { noteHandshake, takeToken } from './handshake';
import { RealtimeLimits } from './settings';

/**
 * Nest's adapter for `ws`, with handshakes that are ordinary requests: they pass the hooks, guards and limits of their
 * route, which responds with a problem or upgrades. The original adapter upgrades before any check.
 */
export class RealtimeAdapter extends WsAdapter {
  constructor(private readonly app: NestFastifyApplication) {
    super(app);
  }

  /** There are few kinds of messages, in our own format; {@link Socket} reads them. */
  override bindMessageHandlers(): void {
    // Empty: an RxJS stream for each socket would cost more than the socket itself.
  }

  protected override ensureHttpServerExists(port: number, server?: Server): Server | undefined {
    if (server && !this.httpServersRegistry.has(port)) {
      this.httpServersRegistry.set(port, server);
      server.on('upgrade', (request, socket, head) => this.handle(request, socket, head));
    }
    return server;
  }

  private handle(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const mistake = takeToken(request);
    const response = new ServerResponse(request);
    try {
      response.assignSocket(socket as never);
    } catch {
      // An earlier request on the connection is still pending or is a stream, so no response can be sent.
      socket.destroy();
      return;
    }
    response.shouldKeepAlive = false; // no further requests are read from it
    response.once('finish', () => {
      if (response.statusCode !== 101) this.leave(socket);
    });
    noteHandshake(request, { socket, head, response, mistake });
    this.app.getHttpAdapter().getInstance().routing(request, response);
  }

  /**
   * A half-open connection lasts until the client closes it. After a rejected handshake, the client has a moment to
   * close it.
   */
  private leave(socket: Duplex): void {
    socket.end();
    socket.resume(); // otherwise unread data would hide that the client has closed the connection
    const cutOff = setTimeout(() => {
      cutOffTotal.inc({ kind: 'handshake' });
      socket.destroy();
    }, this.app.get(RealtimeLimits).closeMs).unref();
    socket.once('close', () => clearTimeout(cutOff));
  }
}
