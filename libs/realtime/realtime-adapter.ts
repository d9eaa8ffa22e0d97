import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WsAdapter } from '@nestjs/platform-ws';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { cutOffTotal } from './connections';
import { noteHandshake, takeToken } from './handshake';
import { RealtimeLimits } from './settings';

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
    try {
      response.assignSocket(socket as never);
    } catch {
      // A request before it on the connection is not answered yet, or a stream: there is no place for an answer.
      socket.destroy();
      return;
    }
    response.shouldKeepAlive = false; // nothing reads further requests from it
    response.once('finish', () => {
      if (response.statusCode !== 101) this.leave(socket);
    });
    noteHandshake(request, { socket, head, response, mistake });
    this.app.getHttpAdapter().getInstance().routing(request, response);
  }

  /** The server keeps half of a connection open for as long as the client does: one that was refused has a moment. */
  private leave(socket: Duplex): void {
    socket.end();
    socket.resume(); // or what the client still sends hides that it has closed
    const cutOff = setTimeout(() => {
      cutOffTotal.inc({ kind: 'handshake' });
      socket.destroy();
    }, this.app.get(RealtimeLimits).closeMs).unref();
    socket.once('close', () => clearTimeout(cutOff));
  }
}
