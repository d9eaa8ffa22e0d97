// Kills nodes and restarts Redis while frames are sent to many sockets, and counts what arrives: node realtime.mts.
// CHAOS_SOCKETS, CHAOS_FAULTS and CHAOS_FRAMES set how many. Prints the counts as JSON; exits with 1 unless every frame
// has arrived exactly once, in order, at every socket of its user. How long a fault lasts is told by frames, not by time:
// it is over when so many were sent in the midst of it, and when some of them have arrived.
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../tools/parts/processes.mts';
import { ProbeSystem } from './probe-system.mts';
import { Listener, REALTIME_ENV, Sender } from './realtime-clients.mts';

const SOCKETS = Number(process.env.CHAOS_SOCKETS ?? 1_000);
const FAULTS = Number(process.env.CHAOS_FAULTS ?? 25);
/** Frames at least; there are more while there are faults. */
const FRAMES = Number(process.env.CHAOS_FRAMES ?? 2_000);
const SEND_PAUSE_MS = 25;
const SOCKETS_PER_USER = 5;
/** Frames that are sent before a fault, in the midst of it, and after it. */
const FRAMES_PER_PHASE = 20;
/** For them, and for one to arrive: everybody waits for a process that starts on a busy machine. */
const PHASE_MS = 60_000;
/** For everything to arrive after the last frame. */
const QUIESCE_MS = 60_000;
/** One in so many faults is one of Redis, the second being the first. */
const REDIS_FAULT_EVERY = 3;
/** Handshakes at the same time. Of file descriptors Node takes as many as the system lets it have. */
const OPEN_AT_ONCE = 50;

/** Frames that have been sent so far, and those in the midst of a fault, by what is away. */
const sending = { frames: 0, during: { node: 0, redis: 0 } };

const system = await ProbeSystem.start({ apis: 2, workers: 1, env: REALTIME_ENV });
let sender: Sender | undefined;
let broken: string[] = ['The run ended early.'];
const listeners: Listener[] = [];
try {
  sender = await Sender.start('dist', { DATABASE_URL: system.databaseUrl, REDIS_URL: system.redisUrl });
  const users = await sender.enrollAll(Math.ceil(SOCKETS / SOCKETS_PER_USER));
  const urls = system.apis.map(({ url }) => url);
  for (let number = 0; number < SOCKETS; number += 1)
    listeners.push(new Listener(users[number % users.length]!, urls, Math.floor(number / users.length)));
  for (let start = 0; start < SOCKETS; start += OPEN_AT_ONCE)
    await Promise.all(listeners.slice(start, start + OPEN_AT_ONCE).map((listener) => listener.start()));

  const sent = new Map(users.map(({ id }) => [id, [] as number[]]));
  const began = performance.now();
  const faults: string[] = [];
  let injected = false;
  const injecting = injectAll(faults).finally(() => (injected = true));
  await Promise.all([sendAll(sender, sent, () => injected), injecting]);
  const sentMs = performance.now() - began;

  const behind = () => listeners.filter(({ user, numbers }) => numbers.length < sent.get(user.id)!.length);
  await waitFor(() => behind().length === 0, QUIESCE_MS, 100);
  const quiescedMs = performance.now() - began - sentMs;
  const wrong = listeners.filter(({ user, numbers }) => numbers.join() !== sent.get(user.id)!.join());
  const expected = listeners.reduce((sum, { user }) => sum + sent.get(user.id)!.length, 0);
  const report = {
    sockets: listeners.length,
    users: users.length,
    frames: sending.frames,
    framesWhileANodeWasDown: sending.during.node,
    framesWhileRedisWasAway: sending.during.redis,
    faults: faults.length,
    expected,
    received: total(({ numbers }) => numbers.length),
    lost: listeners.reduce(
      (sum, { user, numbers }) =>
        sum + sent.get(user.id)!.filter((number) => !numbers.includes(number)).length,
      0,
    ),
    repeatedBeforeDeduplication: total(({ repeated }) => repeated),
    reconnected: total(({ connected }) => connected - 1),
    toldThatFramesMayBeMissing: total(({ missed }) => missed),
    socketsWithAnotherOrder: wrong.length,
    seconds: Math.round(sentMs / 1_000),
    secondsUntilComplete: Math.round(quiescedMs / 100) / 10,
    schedule: faults,
  };
  broken = [
    ...(wrong.length > 0 ? [`${wrong.length} sockets did not get every frame once and in order.`] : []),
    ...(report.toldThatFramesMayBeMissing > 0 ? ['Clients were told that frames may be missing.'] : []),
    ...(faults.length > 0 && report.reconnected === 0 ? ['No client had to come back.'] : []),
    ...system.processes.flatMap(({ surprises }) => surprises),
  ];
  console.log(JSON.stringify({ ...report, broken }, null, 2));
} finally {
  for (const listener of listeners) listener.stop();
  await sender?.stop().catch(() => undefined);
  await system.stop();
}
process.exit(broken.length > 0 ? 1 : 0);

function total(of: (listener: Listener) => number): number {
  return listeners.reduce((sum, listener) => sum + of(listener), 0);
}

/** Frames to one user, to two, and to all, as long as there are faults. */
async function sendAll(from: Sender, sent: Map<string, number[]>, isOver: () => boolean): Promise<void> {
  const users = [...sent.keys()];
  while (sending.frames < FRAMES || !isOver()) {
    const number = sending.frames + 1;
    const count = number % 50 === 0 ? users.length : 1 + (number % 2);
    const to = Array.from({ length: count }, (_, index) => users[(number * 7 + index) % users.length]!);
    await from.send(to, number);
    for (const id of new Set(to)) sent.get(id)!.push(number);
    sending.frames = number;
    await sleep(SEND_PAUSE_MS);
  }
}

async function injectAll(faults: string[]): Promise<void> {
  const began = performance.now();
  for (let number = 1; number <= FAULTS; number += 1) {
    await framesFlow();
    const isRedis = number % REDIS_FAULT_EVERY === 2;
    const api = system.apis[number % system.apis.length]!;
    const second = ((performance.now() - began) / 1_000).toFixed(1);
    faults.push(`${second} s ${isRedis ? 'restart Redis, empty' : `kill ${api.name}`}`);
    await (isRedis ? system.killRedis() : api.kill());
    sending.during[isRedis ? 'redis' : 'node'] += await framesFlow();
    if (isRedis) await system.startRedis({ empty: true });
    else api.start();
    await framesFlow();
    await Promise.all(system.apis.map((each) => each.untilReady()));
  }
}

/**
 * Waits until some more frames have been sent, and a later one than those before has arrived.
 *
 * @returns how many were sent meanwhile
 */
async function framesFlow(): Promise<number> {
  const before = sending.frames;
  const flow = () =>
    sending.frames >= before + FRAMES_PER_PHASE &&
    listeners.some(({ numbers }) => (numbers.at(-1) ?? 0) > before + 1);
  if (!(await waitFor(flow, PHASE_MS, 5))) throw new Error(`No frames flow after ${before}.`);
  return sending.frames - before;
}
