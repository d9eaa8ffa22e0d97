import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** An event with its time, in milliseconds of a clock that all processes of the machine share. */
export type Moment = [id: string, at: number];

/** The current time of the clock of {@link Moment}. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** A child process of a benchmark that executes commands and reports moments. */
export class Child {
  private readonly process: ChildProcess;

  /** @param script that calls {@link obey} */
  constructor(script: string, args: string[] = [], env: Record<string, string> = {}) {
    const path = new URL(script, import.meta.url).pathname;
    this.process = fork(path, args, {
      env: { ...process.env, ...env },
      execArgv: process.env.BENCH_NODE_ARGS?.split(' '),
    });
  }

  /** Waits until the process accepts commands. */
  async ready(): Promise<this> {
    await this.answer();
    return this;
  }

  /** Sends a command and waits for the response. */
  async tell(order: string, ...values: number[]): Promise<Moment[]> {
    this.process.send([order, ...values]);
    return this.answer();
  }

  async end(): Promise<void> {
    if (this.process.exitCode !== null) return;
    this.process.kill('SIGTERM');
    await once(this.process, 'exit');
  }

  private async answer(): Promise<Moment[]> {
    const dead = once(this.process, 'exit', {}).then(() => {
      throw new Error('A process of the benchmark ended before it responded.');
    });
    const [moments] = (await Promise.race([once(this.process, 'message'), dead])) as [Moment[]];
    return moments;
  }
}

/** Lets this process execute commands of its parent. */
export function obey(orders: Record<string, (...values: number[]) => Promise<Moment[]>>): void {
  process.on('message', ([order, ...values]: [string, ...number[]]) => {
    void orders[order]!(...values).then((moments) => process.send!(moments));
  });
  process.on('disconnect', () => process.exit());
  process.send!([]);
}

/** Collects moments until the expected number is reached. */
export class Moments {
  private moments: Moment[] = [];
  private enough: (() => void) | undefined;
  private wanted = Infinity;

  add(id: string): void {
    this.moments.push([id, now()]);
    if (this.moments.length >= this.wanted) this.enough?.();
  }

  /** @returns the moments, once there are `count`, and clears them. */
  async take(count: number): Promise<Moment[]> {
    this.wanted = count;
    if (this.moments.length < count) await new Promise<void>((resolve) => (this.enough = resolve));
    this.wanted = Infinity;
    return this.moments.splice(0);
  }
}

/** With more concurrency than connections, the wait for a connection would be measured. */
const MAX_CONCURRENCY = 25;

/**
 * Starts work at a constant rate, whether or not earlier work is done; slower only if the machine cannot keep up.
 *
 * @returns the results
 */
export async function atRate<T>(count: number, perSecond: number, work: () => Promise<T>): Promise<T[]> {
  const started = now();
  const all: Promise<T>[] = [];
  let atWork = 0;
  while (all.length < count) {
    const due = Math.min(count, Math.floor(((now() - started) / 1_000) * perSecond) + 1);
    while (all.length < due && atWork < MAX_CONCURRENCY) {
      atWork += 1;
      all.push(work().finally(() => (atWork -= 1)));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return Promise.all(all);
}
