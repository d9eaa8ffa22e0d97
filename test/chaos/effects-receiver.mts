import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An external server that records the idempotency key of every request. */
export interface EffectsReceiver {
  url: string;
  /** Number of requests per key. */
  received: Map<string, number>;
  stop(): void;
}

/** Starts a receiver on 127.0.0.1. */
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
