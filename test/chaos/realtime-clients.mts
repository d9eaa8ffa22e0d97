import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { WebSocket } from 'ws';
import { z } from 'zod';
import type { Frames as FramesType, FrameType } from '../../libs/realtime/index.ts';

/** Settings of every process that takes part: one issuer of tokens, and as many sockets from here as it takes. */
export const REALTIME_ENV = {
  NODE_ENV: 'test',
  PUBLIC_URL: 'http://rookery.test',
  REALTIME_MAX_PER_USER: '1000',
  REALTIME_MAX_PER_ADDRESS: '100000',
  RATE_LIMIT_ENABLED: 'false',
  SMTP_URL: 'smtp://127.0.0.1:9',
};

/** A user who is signed in. */
export interface SignedIn {
  id: string;
  token: string;
}

/** Sends frames and makes users with the compiled code, as a worker would, in this process. */
export class Sender {
  private readonly app: INestApplicationContext;
  private readonly load: NodeJS.Require;
  private readonly frame: FrameType<{ number: number; at: number }>;

  private constructor(
    app: INestApplicationContext,
    load: NodeJS.Require,
    frame: FrameType<{ number: number; at: number }>,
  ) {
    this.app = app;
    this.load = load;
    this.frame = frame;
  }

  /** @param env where PostgreSQL and Redis are; becomes part of the environment of this process */
  static async start(dist: string, env: Record<string, string>): Promise<Sender> {
    Object.assign(process.env, REALTIME_ENV, { LOG_LEVEL: 'fatal' }, env);
    const load = createRequire(join(process.cwd(), dist, 'x.js'));
    const { NestFactory } = load('@nestjs/core');
    const { contexts } = load('./libs/contexts');
    const { defineFrame } = load('./libs/realtime');
    const { ProgramModule } = load('./apps/worker/src/program');
    const app = await NestFactory.createApplicationContext(ProgramModule.of(contexts, 'seed'), {
      logger: false,
      abortOnError: false, // or it would end the process without a word
    });
    const schema = z.object({ number: z.int(), at: z.number() });
    return new Sender(app, load, defineFrame('suite.bell-rang', schema, { summary: 'A bell rang.' }));
  }

  /** Makes a user with a session of fifteen minutes. */
  async enroll(number: number): Promise<SignedIn> {
    const { enroll } = this.load('./libs/contexts/identity/fixtures.js');
    const name = `listener${number}x${process.pid}`;
    return enroll(this.app, {
      role: 'user',
      username: name,
      name: 'A Listener',
      email: `${name}@example.com`,
    });
  }

  /** @returns that many users */
  async enrollAll(count: number): Promise<SignedIn[]> {
    const people: SignedIn[] = [];
    for (let start = 0; start < count; start += 8)
      people.push(
        ...(await Promise.all(
          Array.from({ length: Math.min(8, count - start) }, (_, index) => this.enroll(start + index)),
        )),
      );
    return people;
  }

  /** Sends a frame to users in a transaction. */
  async send(userIds: readonly string[], number: number): Promise<void> {
    const { Transaction } = this.load('./libs/persistence');
    const { Frames } = this.load('./libs/realtime') as { Frames: new () => FramesType };
    await this.app
      .get(Transaction, { strict: false })
      .run(() =>
        this.app.get(Frames, { strict: false }).send(this.frame, userIds, { number, at: performance.now() }),
      );
  }

  stop(): Promise<void> {
    return this.app.close();
  }
}

interface Received {
  id: string;
  type: string;
  payload: { number: number; at: number; resumed?: boolean };
}

/** A client as the guide describes one: it comes back with the id of its last frame, and drops what it has had. */
export class Listener {
  /** Numbers in the order in which they arrived, without repetitions. */
  readonly numbers: number[] = [];
  repeated = 0;
  /** Times that it was told that something may be missing. */
  missed = 0;
  connected = 0;
  /** Called with each new frame. */
  onFrame: (sentAt: number) => void = () => undefined;
  private readonly ids = new Set<string>();
  private lastEventId: string | undefined;
  private socket: WebSocket | undefined;
  private stopped = false;

  readonly user: SignedIn;
  private readonly urls: readonly string[];
  private next: number;

  /**
   * @param urls base URLs of the nodes; it tries the next one whenever it has lost a connection
   * @param next index of the first
   */
  constructor(user: SignedIn, urls: readonly string[], next: number) {
    this.user = user;
    this.urls = urls;
    this.next = next;
  }

  /** Connects, and stays connected. @returns once it is ready for the first time */
  start(): Promise<void> {
    return new Promise((resolve) => this.connect(resolve));
  }

  stop(): void {
    this.stopped = true;
    this.socket?.terminate();
  }

  private connect(ready: () => void): void {
    const url = new URL('/v1/ws', this.urls[this.next++ % this.urls.length]!.replace(/^http/, 'ws'));
    if (this.lastEventId !== undefined) url.searchParams.set('lastEventId', this.lastEventId);
    const socket = new WebSocket(url, {
      headers: { authorization: `Bearer ${this.user.token}` },
      perMessageDeflate: false,
      handshakeTimeout: 10_000,
    });
    this.socket = socket;
    socket.on('error', () => undefined); // it closes then
    socket.on('message', (data: Buffer) => this.receive(JSON.parse(data.toString()) as Received, ready));
    socket.on('close', (_, reason) => {
      if (this.stopped) return;
      const asked = /retry-after-ms=(\d+)/.exec(reason.toString())?.[1];
      const waitMs = asked ? Number(asked) : 50 + Math.random() * 450;
      setTimeout(() => {
        if (!this.stopped) this.connect(ready);
      }, waitMs);
    });
  }

  private receive({ id, type, payload }: Received, ready: () => void): void {
    const again = this.lastEventId !== undefined;
    this.lastEventId = id;
    if (type === 'ready') {
      this.connected += 1;
      if (again && !payload.resumed) this.missed += 1;
      return ready();
    }
    if (this.ids.has(id)) {
      this.repeated += 1;
      return;
    }
    this.ids.add(id);
    this.numbers.push(payload.number);
    this.onFrame(payload.at);
  }
}
