import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../tools/parts/processes.mts';
import { deliverAgain, queuedJobs } from './duplicates.mts';
import type { ProbeProcess } from './probe-process.mts';
import type { ProbeSystem } from './probe-system.mts';
import type { Random } from './random.mts';

/**
 * Longer than BullMQ's lock on a job (10 s), so that others take over jobs that a frozen worker still considers its
 * own.
 */
const FREEZE_MS = 12_000;

/** Effects that last longer than the fault, such as a frozen worker. */
type Aftermath = Promise<void> | undefined;

const faults = {
  'kill a worker': (system, random) => killAndStart(random.pick(system.workers.filter(awake))),
  'kill an api': (system, random) => killAndStart(random.pick(system.apis)),
  'flush Redis': async (system) => {
    await untilBusy(system);
    await system.flushRedis();
  },
  'crash Redis': async (system) => {
    await system.killRedis();
    await system.startRedis({ empty: false });
  },
  'replace Redis by an empty one': async (system) => {
    await untilBusy(system);
    await system.killRedis();
    await system.startRedis({ empty: true });
  },
  'crash PostgreSQL': async (system) => {
    await system.crashPostgres();
    await system.startPostgres();
  },
  'end all sessions': (system) => system.terminateSessions(),
  'freeze a worker': (system, random) => {
    const awakeOnes = system.workers.filter(awake);
    // One worker must remain active.
    if (awakeOnes.length > 1) return Promise.resolve({ aftermath: freeze(random.pick(awakeOnes)) });
    return Promise.resolve();
  },
  'deliver twice': async (system) => {
    // Stopped for a moment, so that there are unhandled deliveries.
    const stopped = system.workers.filter(awake);
    for (const worker of stopped) worker.send('SIGSTOP');
    await waitFor(async () => (await pendingDeliveries(system)) >= 30, 3_000, 50);
    await deliverAgain(system, 150, 3);
    for (const worker of stopped) worker.send('SIGCONT');
  },
} satisfies Record<string, (system: ProbeSystem, random: Random) => Promise<void | { aftermath: Aftermath }>>;

export type Fault = keyof typeof faults;

const frozen = new Set<ProbeProcess>();

/** @returns `count` faults in an order determined by the seed: each kind once, then any. */
export function schedule(count: number, random: Random): Fault[] {
  const kinds = Object.keys(faults) as Fault[];
  const more = Array.from({ length: Math.max(0, count - kinds.length) }, () => random.pick(kinds));
  return random.shuffle([...kinds, ...more]).slice(0, Math.max(count, 0));
}

/**
 * Injects one fault and restores what it broke.
 *
 * @returns effects that are still pending when the fault is over
 */
export async function inject(
  fault: Fault,
  system: ProbeSystem,
  random: Random,
): Promise<{ aftermath: Aftermath }> {
  return (await faults[fault](system, random)) ?? { aftermath: undefined };
}

function awake(worker: ProbeProcess): boolean {
  return !frozen.has(worker);
}

async function killAndStart(victim: ProbeProcess): Promise<void> {
  await victim.kill();
  victim.start();
}

async function freeze(worker: ProbeProcess): Promise<void> {
  frozen.add(worker);
  worker.send('SIGSTOP');
  await sleep(FREEZE_MS);
  worker.send('SIGCONT');
  frozen.delete(worker);
}

/** Losing an empty queue proves nothing: waits, with a timeout, until it has jobs. */
async function untilBusy(system: ProbeSystem): Promise<void> {
  await waitFor(async () => (await queuedJobs(system)) >= 10, 3_000, 5);
}

async function pendingDeliveries(system: ProbeSystem): Promise<number> {
  const rows = await system.sql(`SELECT 1 FROM messaging.event_delivery WHERE state = 'pending'`);
  return rows.length;
}
