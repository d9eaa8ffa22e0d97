import { Logger } from '@nestjs/common';
import type { HealthChecks, Importance } from '@rookery/observability';

/** Health settings of a loop. */
export interface LoopHealth {
  checks: HealthChecks;
  importance: Importance;
  /** Milliseconds without a successful round after which the loop is down. */
  stalledMs: number;
  /** The same, after which liveness fails; by default never. */
  restartMs?: number;
  /** Whether a round failed because of a dependency that a restart would not fix. */
  isAway?: (error: unknown) => boolean;
}

/** Work that is repeated until stopped: after a pause, or at once when woken. Never concurrently. */
export class Loop {
  private readonly log: Logger;
  private finished: Promise<void> = Promise.resolve();
  private interrupt: (() => void) | undefined;
  private woken = false;
  private failing = false;
  private succeededAt = -Infinity;
  private beat: (() => void) | undefined;
  /** Whether {@link stop} was called; long work checks it between steps. */
  stopping = false;

  /**
   * @param name for the log
   * @param pauseMs milliseconds between the end of a round and the start of the next
   * @param work one round; errors are logged once until a round succeeds, and the loop continues
   * @param health where to report whether rounds succeed; optional
   */
  constructor(
    name: string,
    private readonly pauseMs: number,
    private readonly work: () => Promise<unknown>,
    private readonly health?: LoopHealth,
  ) {
    this.log = new Logger(name);
    if (!health) return;
    const { checks, importance, restartMs } = health;
    checks.addDependency(name, () => this.check(), importance);
    if (restartMs !== undefined) this.beat = checks.addHeartbeat(name, restartMs);
  }

  start(): void {
    this.finished = this.rounds();
  }

  /** Ends the current pause. */
  wake(): void {
    this.woken = true;
    this.interrupt?.();
  }

  /** Reports progress to the probes: after a successful round, and between the steps of a long one. */
  progress(): void {
    this.succeededAt = performance.now();
    this.beat?.();
  }

  /** Resolves when the current round is over; no further round starts. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wake();
    await this.finished;
  }

  private async rounds(): Promise<void> {
    while (!this.stopping) {
      this.woken = false;
      await this.round();
      if (!this.woken) await this.pause();
    }
  }

  private async round(): Promise<void> {
    try {
      await this.work();
      this.progress();
      if (this.failing) this.log.log('Works again.');
      this.failing = false;
    } catch (error) {
      if (this.health?.isAway?.(error)) this.beat?.();
      if (!this.failing) this.log.warn(`Failed, goes on trying: ${(error as Error).message}`);
      this.failing = true;
    }
  }

  private async check(): Promise<void> {
    if (performance.now() - this.succeededAt > this.health!.stalledMs)
      throw Object.assign(new Error('No round has succeeded for too long.'), { code: 'STALLED' });
  }

  private async pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.failing ? Math.max(this.pauseMs, 500) : this.pauseMs);
      this.interrupt = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.interrupt = undefined;
  }
}
