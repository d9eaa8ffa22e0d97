import { Logger } from '@nestjs/common';
import { Schedule, type Scheduled } from '@rookery/messaging';
import { Transaction } from '@rookery/persistence';
import { metrics } from '../../metrics';
import { Stories } from '../../storage/stories';

/**
 * Stories that one slot ends: it holds their locks for less than a second, also where all have media. Readers do not
 * wait for this, so what is left for the next slots may be late: a hundred thousand take two hundred seconds.
 */
export const BATCH_SIZE = 500;

/** Ends the stories whose day is over. It needs no Redis. */
@Schedule('stories.expire-stories', { everySeconds: 1 })
export class ExpireStories implements Scheduled {
  private readonly log = new Logger(ExpireStories.name);

  constructor(
    private readonly stories: Stories,
    private readonly transaction: Transaction,
  ) {}

  async run(): Promise<void> {
    const began = performance.now();
    const ended = await this.stories.expire(BATCH_SIZE);
    if (ended.length === 0) return;
    this.transaction.afterCommit(() => {
      const duration = Math.round(performance.now() - began);
      metrics.expired.inc(ended.length);
      for (const { lateSeconds } of ended) metrics.latency.observe({ work: 'expire-stories' }, lateSeconds);
      this.log.log({ msg: 'stories expired', count: ended.length, duration }, 'stories expired');
    });
  }
}
