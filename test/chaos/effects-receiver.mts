import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Somebody else's server: remembers the idempotency key of everything it was sent. */
export interface EffectsReceiver {
  url: string;
  /** How often each key came. */
  received: Map<string, number>;
  stop(): void;
}

/** Starts one on 127.0.0.1. */
export async function startEffectsReceiver(): Promise<EffectsReceiver> {
  const received = new Map<string, number>();
  const server = createServer((request, response) => {
    const key = String(request.headers['idempotency-key']);
    request.resume().on('end', () => {
      received.set(key, (received.get(key) ?? 0) + 1);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    received,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
