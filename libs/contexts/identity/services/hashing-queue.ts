import { DependencyUnavailable, Rejection } from '@rookery/domain';

/**
 * Purpose of a hash: comparing a password, hashing one for an authenticated user, or hashing the password of a
 * registration, which anybody may send.
 */
export type HashingPurpose = 'compare' | 'hash' | 'register';

/** One of libuv's four threads stays free for files and DNS. */
const MAX_RUNNING = 3;

/** In order of priority, with the maximum running and waiting. */
const LANES: readonly { purpose: HashingPurpose; maxRunning: number; maxWaiting: number }[] = [
  { purpose: 'compare', maxRunning: MAX_RUNNING, maxWaiting: 100 },
  { purpose: 'hash', maxRunning: MAX_RUNNING, maxWaiting: 100 },
  { purpose: 'register', maxRunning: 1, maxWaiting: 30 },
];

/**
 * Schedules hashing on the thread pool. A comparison waits only for hashes that are already running, of which at most
 * one is for a registration: however many users register, sign-ins are not starved.
 */
export class HashingQueue {
  private readonly lanes = LANES.map((lane) => ({ ...lane, running: 0, waiting: [] as (() => void)[] }));

  /**
   * Runs `work` when a thread is available.
   *
   * @throws Rejection `dependency.unavailable` if too many are waiting for the same purpose; `work` is not run then
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
