import type { ServerResponse } from 'node:http';
import { Injectable, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Connection, Connections, cutOffTotal, framesSentTotal, type Opener } from './connections';
import { type Ending, Endings } from './endings';
import type { Frame } from './frame';
import { RealtimeLimits } from './settings';
import { frameOf, StreamGap } from './streams';

/** Milliseconds after which browsers reconnect if a connection is lost. */
const RETRY_MS = 3_000;

/** A frame in an event stream. `seq` is its number in the stream of its user, if it is stored there. */
export type StreamedFrame = Pick<Frame, 'id' | 'type' | 'text'> & { readonly seq?: number };

/** Serves frames as Server-Sent Events. */
@Injectable()
export class EventStreams {
  constructor(
    private readonly connections: Connections,
    private readonly limits: RealtimeLimits,
  ) {}

  /**
   * Responds with a stream, for a route that has `@LongLived()` and a caller. The stream has heartbeats. It ends when
   * there are no more frames, when the client disconnects or does not read, when its token expires or is revoked, and
   * when the process shuts down. If an earlier request on the same connection has no response yet, the connection is
   * closed.
   *
   * @param frames source of the frames, such as `Streams.follow`; ended by its signal
   * @throws RequestRefused 429 `realtime.too-many-connections`
   */
  async serve(
    request: FastifyRequest,
    reply: FastifyReply,
    frames: (signal: AbortSignal) => AsyncIterable<StreamedFrame>,
  ): Promise<void> {
    const userId = request.user!.userId;
    const [, token = ''] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const opener = { kind: 'sse', userId, ip: request.ip, token } as const;
    const response = reply.raw;
    // The client has disconnected, or an earlier response is still pending. Then frames would pile up in memory, and no
    // event would report that the connection is closed.
    if (response.destroyed || response.socket === null) {
      reply.hijack();
      request.raw.socket.destroy();
      return;
    }
    const release = this.connections.reserve(opener);
    reply.hijack();
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) response.setHeader(name, value);
    response.setHeader('content-type', 'text/event-stream; charset=utf-8');
    response.setHeader('cache-control', 'private, no-store');
    response.setHeader('x-accel-buffering', 'no'); // otherwise nginx buffers frames
    response.writeHead(200);
    if (request.method === 'HEAD') {
      response.end();
      return release();
    }
    const stream = new EventStream(response, opener, this.limits);
    response.once('close', () => {
      stream.close();
      this.connections.remove(stream);
      release();
    });
    this.connections.add(stream);
    await stream.send(frames);
  }
}

class EventStream implements Connection {
  private readonly log = new Logger(EventStream.name);
  private readonly stop = new AbortController();
  private ended = false;
  private wroteAt = performance.now();
  private blockedAt: number | undefined;
  private position = 0;

  constructor(
    private readonly response: ServerResponse,
    readonly opener: Opener,
    private readonly limits: RealtimeLimits,
  ) {
    response.on('error', () => undefined); // it closes then
    response.write(`retry: ${RETRY_MS}\n\n`);
  }

  async send(frames: (signal: AbortSignal) => AsyncIterable<StreamedFrame>): Promise<void> {
    try {
      for await (const frame of frames(this.stop.signal)) {
        if (this.ended) return;
        this.position = frame.seq ?? this.position;
        framesSentTotal.inc({ kind: 'sse' });
        if (!this.write(eventOf(frame))) await this.drained();
      }
      this.finish();
    } catch (error) {
      if (this.ended) return;
      if (!(error instanceof StreamGap)) this.log.warn(`A stream ended: ${(error as Error).message}`);
      this.end(error instanceof StreamGap ? Endings.missed : Endings.failed);
    }
  }

  tick(now: number): void {
    if (this.ended) return;
    if (this.blockedAt !== undefined && now - this.blockedAt > this.limits.writeMs) {
      cutOffTotal.inc({ kind: 'sse' });
      this.destroy();
    } else if (now - this.wroteAt >= this.limits.heartbeatMs) this.write(': still here\n\n');
  }

  end({ error, retryMs }: Ending): void {
    if (this.ended) return;
    const { response, opener, position } = this;
    if (retryMs !== undefined) response.write(`retry: ${retryMs}\n\n`);
    // Without `id:`, so that a client reconnects with the id of the last frame it has read.
    if (error) response.write(`event: error\n${dataOf(frameOf(opener.userId, position, 'error', error))}`);
    this.finish();
  }

  destroy(): void {
    this.close();
    this.response.destroy();
  }

  /** Stops following. */
  close(): void {
    this.ended = true;
    this.stop.abort();
  }

  private finish(): void {
    if (this.ended) return;
    this.close();
    const { response, limits } = this;
    response.end();
    setTimeout(() => response.destroy(), limits.closeMs).unref();
  }

  private write(text: string): boolean {
    this.wroteAt = performance.now();
    return this.response.write(text);
  }

  private async drained(): Promise<void> {
    const { response } = this;
    this.blockedAt = performance.now();
    await new Promise<void>((resolve) => {
      const settle = () => {
        response.off('drain', settle).off('close', settle);
        resolve();
      };
      response.on('drain', settle).on('close', settle);
    });
    this.blockedAt = undefined;
  }
}

function eventOf(frame: StreamedFrame): string {
  return `id: ${frame.id}\nevent: ${frame.type}\n${dataOf(frame)}`;
}

/** One line, as JSON has no line breaks. */
function dataOf({ text }: StreamedFrame): string {
  return `data: ${text}\n\n`;
}
