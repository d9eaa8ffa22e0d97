import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../tools/parts/processes.mts';
import { deliverAgain, queuedJobs } from './duplicates.mts';
import { type Fault, inject, schedule } from './faults.mts';
import { brokenPromises } from './invariants.mts';
import { type LoadResult, sendCommands } from './load.mts';
import { ProbeSystem } from './probe-system.mts';
import { Random } from './random.mts';

export interface ChaosOptions {
  commands: number;
  faults: number;
  /** Decides the schedule of faults and who is hit; what the machine makes of it is never quite the same. */
  seed: number;
  /** compiled code; default `dist` */
  dist?: string;
  /** milliseconds that may pass after the load until all is quiet; default 120 s */
  quiesceMs?: number;
  /** keeps logs and data of a run that broke a promise; default true */
  keepWhenBroken?: boolean;
}

export interface ChaosReport {
  seed: number;
  /** Each fault with the second at which it came. */
  schedule: string[];
  /** What was promised and is not so; empty when all is well. */
  broken: string[];
  acked: number;
  inDoubt: number;
  answers: Record<string, number>;
  /** How often an effect outside happened more than once, which is allowed. */
  repeatedOutside: number;
  loadSeconds: number;
  /** From the end of the load until nothing was left to do. */
  quiesceSeconds: number;
}

const MS_PER_FAULT = 2_800;

/** Runs commands and faults against real processes, waits until all is quiet and compares the outcome with the promises. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { commands, faults, seed, dist, quiesceMs = 120_000, keepWhenBroken = true } = options;
  const random = new Random(seed);
  const system = await ProbeSystem.start({ dist, apis: 2, workers: 2 });
  let keepFolder = keepWhenBroken;
  try {
    const started = performance.now();
    const planned = schedule(faults, random);
    const overMs = faults * MS_PER_FAULT;
    const [load, happened] = await Promise.all([
      sendCommands(system.apis, commands, overMs, new Random(seed + 1)),
      injectAll(planned, system, overMs, random),
    ]);
    const loaded = performance.now();
    const quiet = await waitFor(() => isQuiet(system), quiesceMs, 200);
    const quiesced = performance.now();
    // The last test of all: everything comes once more, and nothing may follow from it.
    await deliverAgain(system, commands, 1);
    await waitFor(async () => (await queuedJobs(system)) === 0, 30_000, 100);
    const unready = await notReady(system);
    const broken = [...(await brokenPromises(system, load)), ...unready];
    if (!quiet) broken.unshift(`Not quiet ${quiesceMs / 1_000} s after the last fault.`);
    keepFolder = broken.length > 0 && keepWhenBroken;
    if (keepFolder) broken.push(`Logs and data are kept in ${system.folder}.`);
    return {
      seed,
      schedule: happened,
      broken,
      ...summaryOf(load),
      repeatedOutside: [...system.effects.received.values()].filter((times) => times > 1).length,
      loadSeconds: Math.round((loaded - started) / 100) / 10,
      quiesceSeconds: Math.round((quiesced - loaded) / 100) / 10,
    };
  } finally {
    await system.stop({ keepFolder });
  }
}

async function injectAll(
  planned: Fault[],
  system: ProbeSystem,
  overMs: number,
  random: Random,
): Promise<string[]> {
  const started = performance.now();
  const happened: string[] = [];
  const aftermaths: Promise<void>[] = [];
  for (const [number, fault] of planned.entries()) {
    const due = started + ((number + 0.5 + random.next() / 2) / planned.length) * overMs;
    await sleep(Math.max(0, due - performance.now()));
    happened.push(`${((performance.now() - started) / 1_000).toFixed(1)} s ${fault}`);
    const { aftermath } = await inject(fault, system, random);
    if (aftermath) aftermaths.push(aftermath);
  }
  await Promise.all(aftermaths);
  return happened;
}

async function isQuiet(system: ProbeSystem): Promise<boolean> {
  const [left] = await system.sql<{ quiet: boolean }>(
    `SELECT NOT EXISTS (SELECT 1 FROM messaging.outbox WHERE published_at IS NULL)
        AND NOT EXISTS (SELECT 1 FROM messaging.event_delivery WHERE state = 'pending') AS quiet`,
  );
  return left!.quiet;
}

async function notReady(system: ProbeSystem): Promise<string[]> {
  const answers = await Promise.all(
    system.processes.map(async (each) => ({
      name: each.name,
      ready: await waitFor(() => each.ready(), 15_000),
    })),
  );
  return answers.filter(({ ready }) => !ready).map(({ name }) => `${name} is not ready.`);
}

function summaryOf({ acked, inDoubt, answers }: LoadResult) {
  return { acked: acked.length, inDoubt: inDoubt.length, answers: Object.fromEntries(answers) };
}
