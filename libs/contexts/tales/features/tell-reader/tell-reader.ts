import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Frames } from '@rookery/realtime';
import { TaleCancelled, TaleFailed, TaleGenerated } from '../../contract';
import { endOf } from '../../services/tale-end';
import { TaleViews } from '../../views/tale';

/** The data of a canceled tale are those of a generated one. */
type End = typeof TaleFailed | typeof TaleGenerated;

/** Tells connected clients that a tale is finished. It reads the tale: one that was requested again meanwhile is not. */
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
