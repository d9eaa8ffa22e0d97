import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../tools/parts/ports.mts';
import { leash, stopChild, waitFor } from '../tools/parts/processes.mts';
import { runNode } from '../tools/support/commands.mts';
import { Listener, REALTIME_ENV, Sender } from '../test/chaos/realtime-clients.mts';
import { median, percentile } from './figures.mts';
import { residentMegabytes } from './processes.mts';

/**
 * Measures two api processes with many WebSockets: the memory of an idle socket, and the time from the start of the
 * transaction of a frame until its arrival, for a frame to one user and to a hundred.
 *
 * BENCH_SOCKETS=200 measures less. Fails if a socket takes more than 100 kB, or the median is above 50 ms.
 */
const SOCKETS = Number(process.env.BENCH_SOCKETS ?? 1_000);
const FRAMES = Number(process.env.BENCH_FRAMES ?? 300);
const SOCKETS_PER_USER = 4;
const MANY = 100;
const OPEN_AT_ONCE = 50;
const MAX_SOCKET_KB = 100;
const MAX_MEDIAN_MS = 50;
const SETTLE_MS = 3_000;

interface Node {
  url: string;
  child: ReturnType<typeof spawn>;
}

async function startNode(): Promise<Node> {
  const port = await findFreePort();
  const child = spawn(process.execPath, ['dist/apps/api/src/main.js'], {
    env: { ...process.env, ...REALTIME_ENV, LOG_LEVEL: 'error', PORT: String(port) },
    stdio: 'ignore',
    detached: true,
  });
  leash(child, 'TERM');
  const url = `http://127.0.0.1:${port}`;
  const ready = () =>
    fetch(`${url}/readyz`).then(
      ({ status }) => status === 200,
      () => false,
    );
  if (!(await waitFor(ready, 90_000, 100))) throw new Error('An api process is not ready.');
  return { url, child };
}

await runNode('dist/migrations/migrate.js', [], { quiet: true });
const nodes = await Promise.all([startNode(), startNode()]);
const sender = await Sender.start('dist', {});
const listeners: Listener[] = [];
let failed = false;
try {
  const users = await sender.enrollAll(Math.ceil(SOCKETS / SOCKETS_PER_USER));
  const urls = nodes.map(({ url }) => url);
  // Modules that are loaded with the first socket must not count as memory per socket.
  const first = users.slice(0, 20).map((user, index) => new Listener(user, urls, index));
  await Promise.all(first.map((listener) => listener.start()));
  await sleep(SETTLE_MS);
  const resident = () => nodes.reduce((sum, { child }) => sum + residentMegabytes(child.pid!), 0);
  const before = resident();
  for (let number = 0; number < SOCKETS; number += 1)
    listeners.push(new Listener(users[number % users.length]!, urls, Math.floor(number / users.length)));
  for (let start = 0; start < SOCKETS; start += OPEN_AT_ONCE)
    await Promise.all(listeners.slice(start, start + OPEN_AT_ONCE).map((listener) => listener.start()));
  await sleep(SETTLE_MS);
  const socketKb = ((resident() - before) * 1_024) / SOCKETS;
  console.log(`${SOCKETS} idle sockets over two processes: ${socketKb.toFixed(1)} kB of memory each`);
  failed ||= socketKb > MAX_SOCKET_KB;

  for (const [name, count] of [
    ['one user', 1],
    [`${Math.min(MANY, users.length)} users`, Math.min(MANY, users.length)],
  ] as const) {
    const times: number[] = [];
    for (const listener of [...first, ...listeners])
      listener.onFrame = (sentAt) => times.push(performance.now() - sentAt);
    const frames = Math.max(20, Math.floor(FRAMES / count));
    let expected = 0;
    for (let number = 0; number < frames; number += 1) {
      const to = users.slice((number * count) % users.length).slice(0, count);
      expected += [...first, ...listeners].filter(({ user }) => to.includes(user)).length;
      await sender.send(
        to.map(({ id }) => id),
        number,
      );
      await sleep(20);
    }
    if (!(await waitFor(async () => times.length >= expected, 30_000, 50)))
      throw new Error(`${times.length} of ${expected} frames arrived.`);
    const middle = median(times);
    console.log(
      `a frame to ${name}: p50 ${middle.toFixed(1)} ms, p99 ${percentile(times, 0.99).toFixed(1)} ms ` +
        `(${frames} frames, ${times.length} deliveries)`,
    );
    failed ||= count === 1 && middle > MAX_MEDIAN_MS;
  }
  for (const listener of first) listener.stop();
} finally {
  for (const listener of listeners) listener.stop();
  await sender.stop();
  await Promise.all(nodes.map(({ child }) => stopChild(child, 'SIGTERM', 10_000)));
}
process.exit(failed ? 1 : 0);
