import { Logger } from '@nestjs/common';
import type { RawData, WebSocket } from 'ws';
import { type Connection, Connections, cutOffTotal, framesSentTotal, type Opener } from './connections';
import { type Ending, Endings } from './endings';
import type { Frame } from './frame';
import type { RealtimeLimits } from './settings';
import { frameOf, StreamGap, type Streams } from './streams';

/** Maximum length of the id in a resumption; longer ids are not ours. */
export const MAX_ID_LENGTH = 64;
const RESUME_COST = 10;
const MINUTE_MS = 60_000;

/** Dependencies of a socket. */
export interface SocketParts {
  connections: Connections;
  limits: RealtimeLimits;
  streams: Streams;
}

/** A WebSocket of a signed-in user. */
export class Socket implements Connection {
  private readonly log = new Logger(Socket.name);
  private following = new AbortController();
  private ended = false;
  private seenAt = performance.now();
  private pingedAt = performance.now();
  /** Since when a frame has been waiting for the client to read earlier ones. */
  private blockedAt: number | undefined;
  private inbound = { since: performance.now(), cost: 0 };
  /** Number of the last frame that was sent. */
  private position = 0;

  constructor(
    private readonly socket: WebSocket,
    readonly opener: Opener,
    private readonly parts: SocketParts,
  ) {}

  /**
   * Sends frames until the socket is closed.
   *
   * @param lastEventId id of the last frame that the client has received
   * @param closed called once the socket is closed
   */
  open(lastEventId: string | undefined, closed: () => void): void {
    const { socket } = this;
    socket.on('error', () => undefined); // it closes then
    socket.on('message', (data, isBinary) => this.receive(data, isBinary));
    socket.on('ping', () => this.count(1));
    socket.on('pong', () => this.count(1));
    socket.on('close', () => {
      this.ended = true;
      this.following.abort();
      this.parts.connections.remove(this);
      closed();
    });
    this.parts.connections.add(this);
    void this.deliver(lastEventId);
  }

  tick(now: number): void {
    const { pingMs, pongMs, writeMs } = this.parts.limits;
    if (this.ended) return;
    if (this.blockedAt !== undefined && now - this.blockedAt > writeMs) {
      cutOffTotal.inc({ kind: 'websocket' });
      this.end(Endings.tooSlow);
    } else if (now - this.seenAt > pongMs) {
      this.socket.terminate();
    } else if (now - this.pingedAt >= pingMs) {
      this.pingedAt = now;
      this.socket.ping();
    }
  }

  end({ code, reason, error }: Ending): void {
    if (this.ended) return;
    this.ended = true;
    this.following.abort();
    if (error) this.sendUnstored('error', error);
    this.socket.close(code, reason);
  }

  destroy(): void {
    this.socket.terminate();
  }

  private async deliver(after: string | undefined): Promise<void> {
    const { signal } = (this.following = new AbortController());
    try {
      for await (const frame of this.parts.streams.follow(
        this.opener.userId,
        { after, ready: true },
        signal,
      )) {
        await this.write(frame);
        if (signal.aborted) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof StreamGap)) this.log.warn(`A stream ended: ${(error as Error).message}`);
      this.end(error instanceof StreamGap ? Endings.missed : Endings.failed);
    }
  }

  /** Resolves when the next frame can be sent: immediately, unless the client is slow. */
  private async write(frame: Frame): Promise<void> {
    const { socket } = this;
    if (this.ended || socket.readyState !== socket.OPEN) return;
    this.position = frame.seq;
    framesSentTotal.inc({ kind: 'websocket' });
    if (socket.bufferedAmount <= this.parts.limits.maxBufferedBytes) return socket.send(frame.text);
    this.blockedAt = performance.now();
    await new Promise<void>((resolve) => socket.send(frame.text, () => resolve()));
    this.blockedAt = undefined;
  }

  private receive(data: RawData, isBinary: boolean): void {
    if (this.ended || !this.count(1)) return;
    if (isBinary) return this.end(Endings.notText);
    const message = parse(data);
    if (message === undefined) return this.end(Endings.notText);
    const { type, lastEventId, ...more } = message;
    const alone = Object.keys(more).length === 0;
    if (type === 'ping' && lastEventId === undefined && alone) return this.sendUnstored('pong', {});
    const resumes =
      type === 'resume' && typeof lastEventId === 'string' && lastEventId.length <= MAX_ID_LENGTH && alone;
    if (!resumes) return this.end(Endings.unknownFrame);
    if (!this.count(RESUME_COST)) return;
    this.following.abort();
    void this.deliver(lastEventId);
  }

  private sendUnstored(type: string, payload: object): void {
    this.socket.send(frameOf(this.opener.userId, this.position, type, payload).text);
  }

  /** @returns false if the client has exceeded the limit; the socket is then closed */
  private count(cost: number): boolean {
    const now = performance.now();
    this.seenAt = now;
    if (now - this.inbound.since > MINUTE_MS) this.inbound = { since: now, cost: 0 };
    this.inbound.cost += cost;
    if (this.inbound.cost <= this.parts.limits.maxInboundPerMinute) return true;
    this.end(Endings.tooManyFrames);
    return false;
  }
}

/** @returns the members of a JSON object; undefined for anything else */
function parse(data: RawData): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse((data as Buffer).toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
