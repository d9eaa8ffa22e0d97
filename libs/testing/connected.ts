import { request } from 'node:http';
import { WebSocket } from 'ws';
import { eventually } from './eventually';

/** A received frame. */
export interface ReceivedFrame {
  id: string;
  type: string;
  occurredAt: string;
  payload: Record<string, unknown>;
}

/** How a client connects. */
export interface Connect {
  /** Access token, in the header Authorization. */
  token?: string;
  /** Subprotocols, as a browser offers them. */
  protocols?: string[];
  headers?: Record<string, string>;
  lastEventId?: string;
}

/** The response to a rejected handshake. */
export class HandshakeRefused extends Error {
  constructor(
    readonly status: number,
    readonly headers: Record<string, string | string[] | undefined>,
    // oxlint-disable-next-line typescript/no-explicit-any -- as in Answer
    readonly body: any,
  ) {
    super(`${status} ${JSON.stringify(body)}`);
  }
}

/** The frames received over a connection. */
abstract class Received {
  readonly frames: ReceivedFrame[] = [];

  /** @returns the frames of a type, by default of all types except `ready`. */
  of(type?: string): ReceivedFrame[] {
    return this.frames.filter((frame) => (type === undefined ? frame.type !== 'ready' : frame.type === type));
  }

  /** Waits for the first frame, which is `ready`. */
  ready(): Promise<ReceivedFrame> {
    return eventually(() => {
      const [first] = this.frames;
      if (first?.type !== 'ready') throw new Error(`Not ready: ${JSON.stringify(first)}`);
      return first;
    });
  }
}

/** A WebSocket client. */
export class TestSocket extends Received {
  /** Resolves when it is closed. */
  readonly closed: Promise<{ code: number; reason: string }>;
  isClosed = false;

  private constructor(readonly socket: WebSocket) {
    super();
    socket.on('message', (data: Buffer) => this.frames.push(JSON.parse(data.toString()) as ReceivedFrame));
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) =>
      socket.on('close', (code, reason) => {
        this.isClosed = true;
        resolve({ code, reason: reason.toString() });
      }),
    );
  }

  /**
   * Connects to `/v1/ws`.
   *
   * @param apiUrl of the api
   * @throws HandshakeRefused with the response
   */
  static open(apiUrl: string, { token, protocols, headers = {}, lastEventId }: Connect): Promise<TestSocket> {
    const url = new URL('/v1/ws', apiUrl.replace(/^http/, 'ws'));
    if (lastEventId !== undefined) url.searchParams.set('lastEventId', lastEventId);
    const socket = new WebSocket(url, protocols ?? [], {
      headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers },
      perMessageDeflate: true,
    });
    const opened = new TestSocket(socket);
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(opened));
      socket.once('error', reject);
      socket.once('unexpected-response', (sent, response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => {
          const text = Buffer.concat(parts).toString();
          const body: unknown = text.startsWith('{') ? JSON.parse(text) : text;
          reject(new HandshakeRefused(response.statusCode!, response.headers, body));
          sent.destroy();
        });
      });
    });
  }

  send(message: unknown): void {
    this.socket.send(
      typeof message === 'string' || message instanceof Buffer ? message : JSON.stringify(message),
    );
  }

  /** Closes it as a client does, and waits. */
  close(): Promise<unknown> {
    this.socket.close();
    return this.closed;
  }
}

/** A client of an event stream. */
export class TestEventStream extends Received {
  /** The received text, unchanged. */
  text = '';
  headers: Record<string, string | string[] | undefined> = {};
  isClosed = false;
  private readonly sent;

  private constructor(url: URL, { token, headers = {}, lastEventId }: Connect) {
    super();
    this.sent = request(url, {
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
        ...headers,
      },
    });
    this.sent.on('error', () => (this.isClosed = true));
    this.sent.on('close', () => (this.isClosed = true));
    this.sent.on('response', (response) => {
      this.headers = response.headers;
      response.setEncoding('utf8');
      let rest = '';
      response.on('error', () => undefined);
      response.on('data', (part: string) => {
        this.text += part;
        const events = (rest + part).split('\n\n');
        rest = events.pop()!;
        for (const event of events) {
          const data = event.split('\n').find((line) => line.startsWith('data: '));
          if (data !== undefined) this.frames.push(JSON.parse(data.slice('data: '.length)) as ReceivedFrame);
        }
      });
    });
    this.sent.end();
  }

  /** Connects to `/v1/events`, or another path. */
  static open(apiUrl: string, connect: Connect, path = '/v1/events'): TestEventStream {
    return new TestEventStream(new URL(path, apiUrl), connect);
  }

  /** Stops reading. */
  pause(): void {
    this.sent.socket!.pause();
  }

  close(): void {
    this.sent.destroy();
  }
}
