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
  /** Determines the schedule and the targets of the faults; the exact timing still differs between runs. */
  seed: number;
  /** compiled code; default `dist` */
  dist?: string;
  /** milliseconds after the load until all work must be done; default 240 s */
  quiesceMs?: number;
  /** keeps logs and data of a run that violated an invariant; default true */
  keepWhenBroken?: boolean;
}

export interface ChaosReport {
  seed: number;
  /** Each fault with its time in seconds. */
  schedule: string[];
  /** Violated invariants; empty if there are none. */
  broken: string[];
  acked: number;
  inDoubt: number;
  answers: Record<string, number>;
  /** Number of external effects that happened more than once, which is allowed. */
  repeatedOutside: number;
  loadSeconds: number;
  /** From the end of the load until all work was done. */
  quiesceSeconds: number;
}

const MS_PER_FAULT = 2_800;

/** Runs commands and faults against real processes, waits until all work is done and checks the invariants. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { commands, faults, seed, dist, quiesceMs = 240_000, keepWhenBroken = true } = options;
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
    // The final test: everything is delivered once more, without any effect.
    await deliverAgain(system, commands, 1);
    await waitFor(async () => (await queuedJobs(system)) === 0, 60_000, 100);
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
      ready: await waitFor(() => each.ready(), 60_000),
    })),
  );
  return answers.filter(({ ready }) => !ready).map(({ name }) => `${name} is not ready.`);
}

function summaryOf({ acked, inDoubt, answers }: LoadResult) {
  return { acked: acked.length, inDoubt: inDoubt.length, answers: Object.fromEntries(answers) };
}
