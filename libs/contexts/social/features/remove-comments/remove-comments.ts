import { type EventOf, occurred, type RaisedEvent } from '@rookery/domain';
import { type Handles, Queues, type Rebuildable, Subscriber } from '@rookery/messaging';
import { Outbox } from '@rookery/persistence';
import { PostDeleted } from '../../contract';
import { CommentRemovalContinued } from '../../events';
import { Comments } from '../../storage/comments';

/** Comments that one transaction removes. */
const BATCH_SIZE = 1_000;
const DELETIONS = [PostDeleted, CommentRemovalContinued];

/**
 * Removes the comments of deleted posts, which nobody can read any more. A rebuild removes comments that were left
 * behind.
 */
@Subscriber('social.remove-comments', DELETIONS, { queue: Queues.projections })
export class RemoveComments implements Handles<(typeof DELETIONS)[number]>, Rebuildable {
  constructor(
    private readonly comments: Comments,
    private readonly outbox: Outbox,
  ) {}

  /** The batch and the event that requests the next one commit together. */
  async handle({ subject, data }: EventOf<(typeof DELETIONS)[number]>): Promise<void> {
    const postId = 'postId' in data ? data.postId : subject;
    const removed = await this.comments.removeOrphans(postId, BATCH_SIZE);
    if (removed === BATCH_SIZE) await this.outbox.append([occurred(CommentRemovalContinued, { postId })]);
  }

  sweep(after: string | null, limit: number): Promise<string | null> {
    return this.comments.sweepOrphans(after, limit);
  }

  /** The sweep checks the stored rows, so it needs no events. */
  async *replay(): AsyncIterable<readonly RaisedEvent[]> {}
}
