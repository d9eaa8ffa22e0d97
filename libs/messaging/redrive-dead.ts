import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { HealthChecks } from '@rookery/observability';
import { Loop } from './loop';
import { Redrives } from './redrives';

const POLL_MS = 1_000;
const STALLED_MS = 60_000;

/** Works off the requests of operators to redrive dead deliveries and to replay events. */
@Injectable()
export class RedriveDead implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: Loop;

  constructor(redrives: Redrives, checks: HealthChecks) {
    this.loop = new Loop(
      'redrive-dead',
      POLL_MS,
      () =>
        redrives.workOff(
          () => this.loop.stopping,
          () => this.loop.progress(),
        ),
      { checks, importance: { critical: false, ready: 'never' }, stalledMs: STALLED_MS },
    );
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
  }
}
