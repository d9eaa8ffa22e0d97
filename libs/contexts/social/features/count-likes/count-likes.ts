import type { EventOf, RaisedEvent } from '@rookery/domain';
import {
  type Handles,
  Queues,
  type Rebuildable,
  Schedule,
  type Scheduled,
  Subscriber,
} from '@rookery/messaging';
import { PostDeleted } from '../../contract';
import { LikeCounts } from '../../storage/like-counts';

/** Adds likes to `likesCount`: one update per post, however many likes arrive at once. */
@Schedule('social.fold-like-counts', { everySeconds: 1 })
export class FoldLikeCounts implements Scheduled {
  constructor(private readonly counts: LikeCounts) {}

  run(): Promise<void> {
    return this.counts.fold();
  }
}

/** Removes the likes of deleted posts. A rebuild counts likes again. */
@Subscriber('social.count-likes', PostDeleted, { queue: Queues.projections })
export class CountLikes implements Handles<typeof PostDeleted>, Rebuildable {
  constructor(private readonly counts: LikeCounts) {}

  async handle({ subject }: EventOf<typeof PostDeleted>): Promise<void> {
    this.counts.forget(subject);
  }

  sweep(after: string | null, limit: number): Promise<string | null> {
    return this.counts.recount(after, limit);
  }

  /** A rebuild counts the stored rows, so it needs no events. */
  async *replay(): AsyncIterable<readonly RaisedEvent[]> {}
}
