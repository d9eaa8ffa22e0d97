import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A connection through the proxy: `near` is the client side, `far` the server side. */
interface Pair {
  near: Socket;
  far: Socket;
}

/** A TCP proxy whose connections can stay open without passing data: a host that disappears, or a server that hangs. */
export class SilentProxy {
  private readonly pairs = new Set<Pair>();
  private hanging = false;
  private marker: string | undefined;
  private readonly server = createServer((near) => this.open(near));

  private constructor(private readonly target: number) {}

  /** @param port target port on 127.0.0.1 */
  static async start(port: number): Promise<SilentProxy> {
    const proxy = new SilentProxy(port);
    await new Promise<void>((done) => proxy.server.listen(0, '127.0.0.1', done));
    return proxy;
  }

  /**
   * @param url of a server on 127.0.0.1
   * @returns a proxy to it, and the URL of the proxy
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
   * Open connections drop all data after this call; new connections work.
   *
   * @returns the number of them that are still open
   */
  silence(): { stillOpen: () => number } {
    const silenced = [...this.pairs];
    for (const { near, far } of silenced) {
      near.unpipe().resume();
      far.unpipe().resume();
    }
    return { stillOpen: () => silenced.filter((pair) => this.pairs.has(pair)).length };
  }

  /** No responses until {@link resume}, also on new connections: like a stopped server. */
  hang(): void {
    this.hanging = true;
    for (const { near, far } of this.pairs) {
      near.unpipe().pause();
      far.unpipe().pause();
    }
  }

  /** Delivers the data that was sent in the meantime. */
  resume(): void {
    if (!this.hanging) return;
    this.hanging = false;
    for (const pair of this.pairs) pass(pair);
  }

  /**
   * Passes on the next COMMIT on a connection that has sent `text` before, and drops its response.
   *
   * @param text a value: the text of a prepared statement is sent once
   * @returns whether that has happened
   */
  loseCommitAfter(text: string): { isLost: () => boolean } {
    this.marker = text;
    return { isLost: () => this.marker !== text };
  }

  /** Closes every connection and the proxy. */
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
