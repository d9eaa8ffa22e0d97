import type { EventOf, RaisedEvent } from '@rookery/domain';
import {
  type Handles,
  Queues,
  type Rebuildable,
  Schedule,
  type Scheduled,
  Subscriber,
} from '@rookery/messaging';
import { StoryDeleted } from '../../contract';
import { ResponseCounts } from '../../storage/response-counts';

/** Adds views, replies and reactions to their counts: one update per story, however many responses arrive at once. */
@Schedule('stories.fold-response-counts', { everySeconds: 1 })
export class FoldResponseCounts implements Scheduled {
  constructor(private readonly counts: ResponseCounts) {}

  run(): Promise<void> {
    return this.counts.fold();
  }
}

/** Deletes the counts of deleted stories, which nobody reads. A rebuild counts again. */
@Subscriber('stories.count-responses', StoryDeleted, { queue: Queues.projections })
export class CountResponses implements Handles<typeof StoryDeleted>, Rebuildable {
  constructor(private readonly counts: ResponseCounts) {}

  handle({ subject }: EventOf<typeof StoryDeleted>): Promise<void> {
    return this.counts.drop(subject);
  }

  sweep(after: string | null, limit: number): Promise<string | null> {
    return this.counts.recount(after, limit);
  }

  /** A rebuild counts the stored rows, so it needs no events. */
  async *replay(): AsyncIterable<readonly RaisedEvent[]> {}
}
