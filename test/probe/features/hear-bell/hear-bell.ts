import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { BellRung } from '../../contract';

/** Does nothing but report the time to a benchmark. */
@Subscriber('probe.hear-bell', BellRung, { queue: Queues.projections })
export class HearBell implements Handles<typeof BellRung> {
  static heard: (bellId: string) => void = () => undefined;

  handle({ subject }: EventOf<typeof BellRung>): Promise<void> {
    HearBell.heard(subject);
    return Promise.resolve();
  }
}
