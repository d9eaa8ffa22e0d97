import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Whether nothing listens on this loopback port at the moment. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await listenOnce(port)) !== undefined;
}

/**
 * Below the ephemeral ports of the system, which could be given to a client while one of our servers is down for a
 * moment.
 */
const [FIRST, END] = [20_000, 32_000] as const;
const TRIES = 20;

/** A loopback port that is free now. Another process may take it before the caller does: be ready to retry. */
export async function findFreePort(): Promise<number> {
  for (let left = TRIES; left > 0; left -= 1) {
    const port = randomInt(FIRST, END);
    if (await isPortFree(port)) return port;
  }
  const port = await listenOnce(0);
  if (port === undefined) throw new Error('No free port on 127.0.0.1.');
  return port;
}

function listenOnce(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}
