import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A connection through the proxy: `near` leads to the client, `far` to the server. */
interface Pair {
  near: Socket;
  far: Socket;
}

/** A TCP proxy whose connections stay open while nothing passes: a host that vanishes, or a server that stands still. */
export class SilentProxy {
  private readonly pairs = new Set<Pair>();
  private hanging = false;
  private marker: string | undefined;
  private readonly server = createServer((near) => this.open(near));

  private constructor(private readonly target: number) {}

  /** @param port on 127.0.0.1 that it leads to */
  static async start(port: number): Promise<SilentProxy> {
    const proxy = new SilentProxy(port);
    await new Promise<void>((done) => proxy.server.listen(0, '127.0.0.1', done));
    return proxy;
  }

  /**
   * @param url of a server on 127.0.0.1
   * @returns a proxy to it, and the address of the proxy
   */
  static async before(url: string): Promise<{ proxy: SilentProxy; url: string }> {
    const through = new URL(url);
    const proxy = await SilentProxy.start(Number(through.port));
    through.port = String(proxy.port);
    return { proxy, url: through.toString() };
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /**
   * From now on the connections that are open swallow everything; new ones work.
   *
   * @returns how many of them are still open
   */
  silence(): { stillOpen: () => number } {
    const silenced = [...this.pairs];
    for (const { near, far } of silenced) {
      near.unpipe().resume();
      far.unpipe().resume();
    }
    return { stillOpen: () => silenced.filter((pair) => this.pairs.has(pair)).length };
  }

  /** From now on nothing is answered, on new connections neither, until {@link resume}: as a server that is stopped. */
  hang(): void {
    this.hanging = true;
    for (const { near, far } of this.pairs) {
      near.unpipe().pause();
      far.unpipe().pause();
    }
  }

  /** What was sent meanwhile arrives. */
  resume(): void {
    if (!this.hanging) return;
    this.hanging = false;
    for (const pair of this.pairs) pass(pair);
  }

  /** The next COMMIT on a connection that has sent `text` before is passed on, and its answer is lost. */
  loseCommitAfter(text: string): void {
    this.marker = text;
  }

  /** Ends every connection and the proxy. */
  async stop(): Promise<void> {
    for (const { near, far } of this.pairs) {
      near.destroy();
      far.destroy();
    }
    await new Promise<void>((done) => this.server.close(() => done()));
  }

  private open(near: Socket): void {
    const pair = { near, far: connect(this.target, '127.0.0.1') };
    this.pairs.add(pair);
    for (const [socket, other] of [
      [pair.near, pair.far],
      [pair.far, pair.near],
    ] as const) {
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.pairs.delete(pair);
        other.destroy();
      });
    }
    let marked = false;
    if (this.hanging) near.pause();
    else pass(pair);
    near.prependListener('data', (chunk: Buffer) => {
      if (this.marker === undefined) return;
      marked ||= chunk.includes(this.marker);
      if (!marked || !chunk.includes('COMMIT')) return;
      this.marker = undefined;
      pair.far.unpipe().resume();
    });
    if (this.hanging) near.pause();
  }
}

function pass({ near, far }: Pair): void {
  near.pipe(far);
  far.pipe(near);
}
