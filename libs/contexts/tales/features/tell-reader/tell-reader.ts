import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Frames } from '@rookery/realtime';
import { TaleCancelled, TaleFailed, TaleGenerated } from '../../contract';
import { endOf } from '../../services/tale-end';
import { TaleViews } from '../../views/tale';

/** Data of a canceled tale have the same shape as those of a generated one. */
type End = typeof TaleFailed | typeof TaleGenerated;

/**
 * Notifies connected clients that a tale is finished. It reads the tale first, because it may have been requested again
 * in the meantime.
 */
@Subscriber('tales.tell-reader', [TaleCancelled, TaleFailed, TaleGenerated], { queue: Queues.realtime })
export class TellReader implements Handles<End> {
  constructor(
    private readonly frames: Frames,
    private readonly tales: TaleViews,
  ) {}

  async handle({ subject, data: { userId } }: EventOf<End>): Promise<void> {
    const tale = await this.tales.growth(subject, userId, 0, 0);
    const end = tale && endOf(subject, tale);
    if (end) await this.frames.send(end.type, [userId], end.payload);
  }
}
