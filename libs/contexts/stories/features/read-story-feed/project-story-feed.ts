import { type EventOf, NIL_UUID, occurred, type RaisedEvent } from '@rookery/domain';
import { type Handles, Queues, type Rebuildable, Subscriber } from '@rookery/messaging';
import { Outbox, pages, pagesById, Sql } from '@rookery/persistence';
import { UserFollowed, UserUnfollowed } from '../../../social/contract';
import { StoryCreated, StoryDeleted, StoryExpired } from '../../contract';
import { MergeContinued } from '../../events';
import type { StoryVisibility } from '../../model/visibility';
import { FeedItems, type ItemKey, type MergedKey } from '../../storage/feed-items';

const CHANGES = [StoryCreated, StoryDeleted, StoryExpired, UserFollowed, UserUnfollowed, MergeContinued];
/** Rows per page of a rebuild. */
const PAGE = 1_000;

/** Position of a sweep: in the rows of stories, or in the rows of merged authors. */
type Place = ['items', ItemKey?] | ['merged', MergedKey?];

interface OpenStory {
  id: string;
  version: number;
  authorId: string;
  visibility: StoryVisibility;
  mediaKey: string | null;
  expiresAt: Date;
}

/**
 * Maintains the rows of story feeds. It reads the current stories and follows, so neither the order nor the repetition
 * of events matters.
 */
@Subscriber('stories.project-feed', CHANGES, { queue: Queues.projections })
export class ProjectStoryFeed implements Handles<(typeof CHANGES)[number]>, Rebuildable {
  constructor(
    private readonly items: FeedItems,
    private readonly outbox: Outbox,
    private readonly sql: Sql,
  ) {}

  async handle({ subject, data }: EventOf<(typeof CHANGES)[number]>): Promise<void> {
    if ('otherId' in data) return this.items.reconcileFollow(data.userId, data.otherId);
    if ('after' in data) return this.merge(data.authorId, data.after);
    if (await this.items.reconcileStory(subject, data.authorId)) await this.merge(data.authorId, null);
  }

  async sweep(after: string | null, limit: number): Promise<string | null> {
    const [what, key] = JSON.parse(after ?? '["items"]') as Place;
    const next: Place | undefined =
      what === 'items'
        ? await this.items.sweepItems(key, limit).then((end): Place => (end ? ['items', end] : ['merged']))
        : await this.items.sweepMerged(key, limit).then((end): Place | undefined => end && ['merged', end]);
    return next ? JSON.stringify(next) : null;
  }

  async *replay(): AsyncIterable<readonly RaisedEvent[]> {
    const open = (after: string, limit: number) =>
      this.sql.rows<OpenStory & Record<string, unknown>>(
        `SELECT id, version, author_id AS "authorId", visibility, media_key AS "mediaKey", expires_at AS "expiresAt"
         FROM stories.stories WHERE id > $1 AND ended_at IS NULL ORDER BY id LIMIT $2`,
        [after, limit],
      );
    for await (const rows of pagesById(PAGE, open)) {
      yield rows.map(({ id, version, expiresAt, authorId, visibility, mediaKey }) => ({
        definition: StoryCreated,
        subject: id,
        sequence: version,
        data: { authorId, visibility, mediaKey, expiresAt: expiresAt.toISOString() },
      }));
    }
    const merged = (after: string, limit: number) => this.items.mergedAuthors(after, limit);
    for await (const rows of pages(PAGE, NIL_UUID, merged, ({ id }) => id)) {
      yield rows.map(({ id }) => occurred(MergeContinued, { authorId: id, after: null }));
    }
  }

  /** The batch and the event that requests the next one commit together. */
  private async merge(authorId: string, after: { id: string; followedAt: string } | null): Promise<void> {
    const last = await this.items.merge(
      authorId,
      after && { id: after.id, followedAt: new Date(after.followedAt) },
    );
    if (last)
      await this.outbox.append([
        occurred(MergeContinued, {
          authorId,
          after: { id: last.id, followedAt: last.followedAt.toISOString() },
        }),
      ]);
  }
}
