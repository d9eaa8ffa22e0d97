import { Logger } from '@nestjs/common';
import { Schedule, type Scheduled } from '@rookery/messaging';
import { Transaction } from '@rookery/persistence';
import { metrics } from '../../metrics';
import { Stories } from '../../storage/stories';

/**
 * Maximum stories that one run expires. It holds their locks for less than a second, even if all of them have media.
 * The rest waits for the next runs, which can be late because readers do not depend on them: a hundred thousand stories
 * take 200 seconds.
 */
export const BATCH_SIZE = 500;

/** Marks stories as expired. Does not need Redis. */
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
