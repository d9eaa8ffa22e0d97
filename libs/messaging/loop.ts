import { Logger } from '@nestjs/common';

/** Work that is repeated until it is stopped: after a pause, or at once when woken. Never twice at the same time. */
export class Loop {
  private readonly log: Logger;
  private finished: Promise<void> = Promise.resolve();
  private interrupt: (() => void) | undefined;
  private woken = false;
  private failing = false;
  /** Whether {@link stop} was called; long work looks at it between steps. */
  stopping = false;

  /**
   * @param name for the log
   * @param pauseMs milliseconds between the end of a round and the start of the next
   * @param work one round; what it throws is logged once until a round succeeds, and the loop goes on
   */
  constructor(
    name: string,
    private readonly pauseMs: number,
    private readonly work: () => Promise<unknown>,
  ) {
    this.log = new Logger(name);
  }

  start(): void {
    this.finished = this.rounds();
  }

  /** Ends the present pause. */
  wake(): void {
    this.woken = true;
    this.interrupt?.();
  }

  /** Resolves when the present round is over; there is none after it. */
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
      if (this.failing) this.log.log('Works again.');
      this.failing = false;
    } catch (error) {
      if (!this.failing) this.log.warn(`Failed, goes on trying: ${(error as Error).message}`);
      this.failing = true;
    }
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
