import { type EventOf, occurred, type RaisedEvent } from '@rookery/domain';
import { type Handles, Queues, type Rebuildable, Subscriber } from '@rookery/messaging';
import { Outbox, pagesById, Sql } from '@rookery/persistence';
import { PostCreated, PostDeleted, UserFollowed, UserUnfollowed } from '../../contract';
import { FollowContinued } from '../../events';
import { FeedItems, type ItemKey, type MergedKey } from '../../storage/feed-items';

const CHANGES = [PostCreated, PostDeleted, UserFollowed, UserUnfollowed, FollowContinued] as const;
const PAGE = 100;

/** Projects the feeds of all users. It reads the current state, so neither order nor repetition of events matters. */
@Subscriber('social.project-feed', CHANGES, { queue: Queues.projections })
export class ProjectFeed implements Handles<(typeof CHANGES)[number]>, Rebuildable {
  constructor(
    private readonly items: FeedItems,
    private readonly outbox: Outbox,
    private readonly sql: Sql,
  ) {}

  async handle({ subject, data }: EventOf<(typeof CHANGES)[number]>): Promise<void> {
    if ('authorId' in data) return this.items.reconcilePost(subject, data.authorId);
    const { userId, otherId } = data;
    const after = 'after' in data ? data.after : undefined;
    const end = await this.items.reconcileFollow(userId, otherId, after);
    // The batch and the event that requests the next one commit together.
    if (end) await this.outbox.append([occurred(FollowContinued, { userId, otherId, after: end })]);
  }

  async sweep(after: string | null, limit: number): Promise<string | null> {
    const [table, key] = JSON.parse(after ?? '["items"]') as ['items', ItemKey?] | ['merged', MergedKey?];
    if (table === 'merged') {
      const end = await this.items.sweepMerged(key, limit);
      return end ? JSON.stringify(['merged', end]) : null;
    }
    const end = await this.items.sweepItems(key, limit);
    return JSON.stringify(end ? ['items', end] : ['merged']);
  }

  /** Only the follows of merged authors: the rows of the others follow from the replayed posts. */
  async *replay(): AsyncIterable<readonly RaisedEvent[]> {
    yield* this.events<{ version: number; authorId: string; title: string; tags: string[] }>(
      `SELECT id, version, author_id AS "authorId", title, tags FROM social.posts
       WHERE id > $1 ORDER BY id LIMIT $2`,
      ({ id, version, ...data }) => ({ definition: PostCreated, subject: id, sequence: version, data }),
    );
    yield* this.events<{ version: number; userId: string; otherId: string }>(
      `SELECT id, version, user_id AS "userId", other_id AS "otherId" FROM social.relationships
       WHERE id > $1 AND followed_at IS NOT NULL AND other_id IN (SELECT author_id FROM social.merged_authors)
       ORDER BY id LIMIT $2`,
      ({ id, version, ...data }) => ({ definition: UserFollowed, subject: id, sequence: version, data }),
    );
  }

  private async *events<Row>(text: string, event: (row: Row & { id: string }) => RaisedEvent) {
    const read = (after: string, limit: number) => this.sql.rows<Row & { id: string }>(text, [after, limit]);
    for await (const rows of pagesById(PAGE, read)) yield rows.map(event);
  }
}
