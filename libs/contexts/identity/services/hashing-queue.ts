import { DependencyUnavailable, Rejection } from '@rookery/domain';

/**
 * What a hash is for: comparing a password, hashing one for somebody who has proved who it is, or hashing the one of
 * a registration, which anybody may send.
 */
export type HashingPurpose = 'compare' | 'hash' | 'register';

/** One thread of libuv's four stays free for files and names. */
const MAX_RUNNING = 3;

/** In the order in which they are served, with how many may run and how many may wait. */
const LANES: readonly { purpose: HashingPurpose; maxRunning: number; maxWaiting: number }[] = [
  { purpose: 'compare', maxRunning: MAX_RUNNING, maxWaiting: 100 },
  { purpose: 'hash', maxRunning: MAX_RUNNING, maxWaiting: 100 },
  { purpose: 'register', maxRunning: 1, maxWaiting: 30 },
];

/**
 * Hands out the threads that hash. A comparison never waits for more than the hashes that run already, of which
 * strangers who register have one at most: however many register, those who have an account get in.
 */
export class HashingQueue {
  private readonly lanes = LANES.map((lane) => ({ ...lane, running: 0, waiting: [] as (() => void)[] }));

  /**
   * Runs `work` when it is its turn.
   *
   * @throws Rejection `dependency.unavailable` when too many wait for the same purpose; `work` is not run then
   */
  async run<T>(purpose: HashingPurpose, work: () => Promise<T>): Promise<T> {
    const lane = this.lanes.find((each) => each.purpose === purpose)!;
    if (lane.waiting.length >= lane.maxWaiting)
      throw new Rejection(DependencyUnavailable, { retryAfterSeconds: 1 });
    await new Promise<void>((begin) => {
      lane.waiting.push(begin);
      this.serve();
    });
    try {
      return await work();
    } finally {
      lane.running -= 1;
      this.serve();
    }
  }

  private serve(): void {
    while (this.lanes.reduce((sum, { running }) => sum + running, 0) < MAX_RUNNING) {
      const next = this.lanes.find(
        ({ waiting, running, maxRunning }) => waiting.length > 0 && running < maxRunning,
      );
      if (!next) return;
      next.running += 1;
      next.waiting.shift()!();
    }
  }
}
