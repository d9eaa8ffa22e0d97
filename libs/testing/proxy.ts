import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy that can fall silent: connections stay open and nothing passes, as when a host vanishes. */
export class SilentProxy {
  private constructor(
    readonly port: number,
    private readonly pairs: Set<Socket>,
    private readonly end: () => Promise<void>,
  ) {}

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

  /** @param port on 127.0.0.1 that it leads to */
  static async start(port: number): Promise<SilentProxy> {
    const sockets = new Set<Socket>();
    const server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(socket);
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const end = async (): Promise<void> => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((done) => server.close(() => done()));
    };
    return new SilentProxy((server.address() as AddressInfo).port, sockets, end);
  }

  /**
   * From now on the connections that are open swallow everything; new ones work.
   *
   * @returns whether each of them is still open
   */
  silence(): { stillOpen: () => number } {
    const silenced = [...this.pairs];
    for (const socket of silenced) {
      socket.unpipe();
      socket.resume();
    }
    return { stillOpen: () => silenced.filter((socket) => this.pairs.has(socket)).length };
  }

  /** Ends every connection and the proxy. */
  async stop(): Promise<void> {
    await this.end();
  }
}
