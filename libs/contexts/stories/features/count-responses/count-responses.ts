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

/** Folds views, replies and reactions into their numbers: one update for each story, however many respond at once. */
@Schedule('stories.fold-response-counts', { everySeconds: 1 })
export class FoldResponseCounts implements Scheduled {
  constructor(private readonly counts: ResponseCounts) {}

  run(): Promise<void> {
    return this.counts.fold();
  }
}

/** Drops the numbers of deleted stories, which nobody reads, and counts anew when it is rebuilt. */
@Subscriber('stories.count-responses', StoryDeleted, { queue: Queues.projections })
export class CountResponses implements Handles<typeof StoryDeleted>, Rebuildable {
  constructor(private readonly counts: ResponseCounts) {}

  handle({ subject }: EventOf<typeof StoryDeleted>): Promise<void> {
    return this.counts.drop(subject);
  }

  sweep(after: string | null, limit: number): Promise<string | null> {
    return this.counts.recount(after, limit);
  }

  /** The sweep counts what is stored; no event adds to that. */
  async *replay(): AsyncIterable<readonly RaisedEvent[]> {}
}
