import { type EventOf, occurred, type RaisedEvent } from '@rookery/domain';
import { type Handles, Queues, type Rebuildable, Subscriber } from '@rookery/messaging';
import { Outbox, pagesById, Sql } from '@rookery/persistence';
import { UserDeleted } from '../../../identity/contract';
import { PostCreated, PostDeleted, UserFollowed, UserUnfollowed } from '../../contract';
import { DepartureContinued } from '../../events';
import { followCounts, type FollowKey, ProfileCounts } from '../../storage/profile-counts';

const CHANGES = [PostCreated, PostDeleted, UserFollowed, UserUnfollowed, UserDeleted, DepartureContinued];
/** Rows per page of a rebuild. */
const PAGE = 1_000;
/** Follows of a deleted user per transaction, which must finish within the timeout of the queue. */
const BATCH_SIZE = 1_000;

/** Position of a sweep: in the marks of follows, in the marks of posts, or in the counts. */
type Place = ['follows', FollowKey?] | ['posts', string?] | ['numbers', string?];

/**
 * Maintains the counts of posts, followers and followed users. It reads the current state, so neither order nor
 * repetition of events matters.
 */
@Subscriber('social.project-counts', CHANGES, { queue: Queues.projections })
export class ProjectCounts implements Handles<(typeof CHANGES)[number]>, Rebuildable {
  constructor(
    private readonly counts: ProfileCounts,
    private readonly outbox: Outbox,
    private readonly sql: Sql,
  ) {}

  async handle({ subject, data }: EventOf<(typeof CHANGES)[number]>): Promise<void> {
    if ('authorId' in data) return this.counts.reconcilePost(subject, data.authorId);
    if ('otherId' in data) return this.counts.reconcileFollow(data.userId, data.otherId);
    return this.leave('deletedId' in data ? data.deletedId : subject);
  }

  async sweep(after: string | null, limit: number): Promise<string | null> {
    const place = JSON.parse(after ?? '["follows"]') as Place;
    const next = await this.sweepFrom(place, limit);
    return next ? JSON.stringify(next) : null;
  }

  /** Rows that are marked as counted need no event. */
  async *replay(): AsyncIterable<readonly RaisedEvent[]> {
    yield* this.events<{ version: number; authorId: string; title: string; tags: string[] }>(
      `SELECT id, version, author_id AS "authorId", title, tags,
              NOT EXISTS (SELECT FROM social.counted_posts WHERE post_id = post.id) AS missing
       FROM social.posts post WHERE id > $1 ORDER BY id LIMIT $2`,
      ({ id, version, authorId, title, tags }) => ({
        definition: PostCreated,
        subject: id,
        sequence: version,
        data: { authorId, title, tags },
      }),
    );
    yield* this.events<{ version: number; userId: string; otherId: string }>(
      `SELECT id, version, user_id AS "userId", other_id AS "otherId",
              followed_at IS NOT NULL AND ${followCounts('it.user_id', 'it.other_id')} AND NOT EXISTS (
                SELECT FROM social.counted_follows counted
                WHERE counted.user_id = it.user_id AND counted.other_id = it.other_id) AS missing
       FROM social.relationships it WHERE id > $1 ORDER BY id LIMIT $2`,
      ({ id, version, userId, otherId }) => ({
        definition: UserFollowed,
        subject: id,
        sequence: version,
        data: { userId, otherId },
      }),
    );
  }

  /** The batch and the event that requests the next one commit together. */
  private async leave(userId: string): Promise<void> {
    const left = await this.counts.leave(userId, BATCH_SIZE);
    if (left === BATCH_SIZE) await this.outbox.append([occurred(DepartureContinued, { deletedId: userId })]);
  }

  private async sweepFrom([what, after]: Place, limit: number): Promise<Place | null> {
    if (what === 'follows') {
      const end = await this.counts.sweepFollows(after, limit);
      return end ? [what, end] : ['posts'];
    }
    if (what === 'posts') {
      const end = await this.counts.sweepPosts(after, limit);
      return end ? [what, end] : ['numbers'];
    }
    const end = await this.counts.recount(after);
    return end ? [what, end] : null;
  }

  private async *events<Row>(text: string, event: (row: Row & { id: string }) => RaisedEvent) {
    type Read = Row & { id: string; missing: boolean };
    const read = (after: string, limit: number) => this.sql.rows<Read>(text, [after, limit]);
    for await (const rows of pagesById(PAGE, read)) {
      yield rows.filter(({ missing }) => missing).map(event);
    }
  }
}
