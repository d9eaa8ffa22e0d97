import { Injectable, type OnModuleDestroy } from '@nestjs/common';

/** The end of a process, as its parts see it: serving, then draining, then closed. */
@Injectable()
export class Drain implements OnModuleDestroy {
  private phase: 'serving' | 'draining' | 'closed' = 'serving';

  /** No longer ready: load balancers should look elsewhere. Requests are still answered, connections are not kept. */
  get draining(): boolean {
    return this.phase !== 'serving';
  }

  /** Further requests are refused with 503. */
  get closed(): boolean {
    return this.phase === 'closed';
  }

  /** Turns readiness off. */
  start(): void {
    if (this.phase === 'serving') this.phase = 'draining';
  }

  /** Refuses whatever still comes. */
  close(): void {
    this.phase = 'closed';
  }

  onModuleDestroy(): void {
    this.close();
  }
}
