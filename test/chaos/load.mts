import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProbeProcess } from './probe-process.mts';
import type { Random } from './random.mts';

/** What the clients know at the end. */
export interface LoadResult {
  /** Attempts that returned 204: they must have happened. */
  acked: string[];
  /** Attempts that returned 409: they must not have happened. */
  refused: string[];
  /** Attempts whose response was lost or an error: they may have happened. */
  inDoubt: string[];
  /** Abandoned commands: no attempt was acknowledged for four minutes after the last fault. */
  onDiscarded: number;
  /** Number of responses by status or error. */
  answers: Map<string, number>;
}

const CLIENTS = 24;
const BURST = 50;
const COUNTERS = 15;
const TIMEOUT_MS = 5_000;
const GIVE_UP_MS = 240_000;

/**
 * Sends commands until each is acknowledged. They are sent in bursts, so that several events of one counter are in
 * progress at once. Every attempt has its own id, so that the outcome of a lost one can be determined.
 *
 * @param overMs milliseconds over which the bursts are spread
 */
export async function sendCommands(
  apis: readonly ProbeProcess[],
  commands: number,
  overMs: number,
  random: Random,
): Promise<LoadResult> {
  const result: LoadResult = { acked: [], refused: [], inDoubt: [], onDiscarded: 0, answers: new Map() };
  const counters = Array.from({ length: COUNTERS }, () => randomUUID());
  const started = performance.now();
  let next = 0;
  const client = async (): Promise<void> => {
    for (let number = next++; number < commands; number = next++) {
      const burst = Math.floor(number / BURST) * BURST;
      const due = started + (burst / commands) * overMs;
      await sleep(Math.max(0, due - performance.now()));
      await untilAcked(random.pick(counters), started + overMs + GIVE_UP_MS);
    }
  };
  const untilAcked = async (counter: string, giveUpAt: number): Promise<void> => {
    while (performance.now() < giveUpAt) {
      const answer = await increment(random.pick(apis).url, counter, result);
      result.answers.set(answer, (result.answers.get(answer) ?? 0) + 1);
      if (answer === '204') return;
      if (answer !== '409') await sleep(100);
    }
    result.onDiscarded += 1;
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return result;
}

async function increment(api: string, counter: string, result: LoadResult): Promise<string> {
  const commandId = randomUUID();
  try {
    const response = await fetch(`${api}/v1/probe/counters/${counter}/increments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ commandId }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.arrayBuffer();
    const { status } = response;
    (status === 204 ? result.acked : status === 409 ? result.refused : result.inDoubt).push(commandId);
    return String(status);
  } catch (error) {
    result.inDoubt.push(commandId);
    const { cause, name } = error as Error & { cause?: { code?: string } };
    return cause?.code ?? name;
  }
}
