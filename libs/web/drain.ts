import { Injectable, type OnModuleDestroy } from '@nestjs/common';

/** The shutdown state of a process: serving, then draining, then closed. */
@Injectable()
export class Drain implements OnModuleDestroy {
  private phase: 'serving' | 'draining' | 'closed' = 'serving';

  /**
   * No longer ready: load balancers should use other nodes. Requests are still served, but connections are not kept
   * alive.
   */
  get draining(): boolean {
    return this.phase !== 'serving';
  }

  /** New requests are refused with 503. */
  get closed(): boolean {
    return this.phase === 'closed';
  }

  /** Turns readiness off. */
  start(): void {
    if (this.phase === 'serving') this.phase = 'draining';
  }

  /** Refuses new requests. */
  close(): void {
    this.phase = 'closed';
  }

  onModuleDestroy(): void {
    this.close();
  }
}
