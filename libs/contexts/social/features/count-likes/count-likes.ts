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

/** Folds likes into `likesCount`: one update for each post, however many like it at once. */
@Schedule('social.fold-like-counts', { everySeconds: 1 })
export class FoldLikeCounts implements Scheduled {
  constructor(private readonly counts: LikeCounts) {}

  run(): Promise<void> {
    return this.counts.fold();
  }
}

/** Forgets the likes of deleted posts, and counts likes anew when it is rebuilt. */
@Subscriber('social.count-likes', PostDeleted, { queue: Queues.projections })
export class CountLikes implements Handles<typeof PostDeleted>, Rebuildable {
  constructor(private readonly counts: LikeCounts) {}

  async handle({ subject }: EventOf<typeof PostDeleted>): Promise<void> {
    this.counts.forget(subject);
  }

  sweep(after: string | null, limit: number): Promise<string | null> {
    return this.counts.recount(after, limit);
  }

  /** The sweep counts what is stored; no event adds to that. */
  async *replay(): AsyncIterable<readonly RaisedEvent[]> {}
}
