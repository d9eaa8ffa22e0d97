import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WsAdapter } from '@nestjs/platform-ws';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { noteHandshake, takeToken } from './handshake';

/**
 * Nest's adapter for `ws`, whose handshakes are requests like all others: they pass the hooks, guards and limits of
 * their route, which answers with a problem, or upgrades. The original upgrades first and asks later.
 */
export class RealtimeAdapter extends WsAdapter {
  constructor(private readonly app: NestFastifyApplication) {
    super(app);
  }

  /** Messages are few and of our own form; {@link Socket} reads them. */
  override bindMessageHandlers(): void {
    // Nothing: a stream of RxJS for each socket would cost more than the rest of it.
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
    response.assignSocket(socket as never);
    response.shouldKeepAlive = false; // nothing reads further requests from it
    response.once('finish', () => {
      if (response.statusCode !== 101) socket.end();
    });
    noteHandshake(request, { socket, head, response, mistake });
    this.app.getHttpAdapter().getInstance().routing(request, response);
  }
}
