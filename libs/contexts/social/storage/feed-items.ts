import { Injectable } from '@nestjs/common';
import { NIL_UUID } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import { FeedSettings } from '../settings';

/** Posts that are looked at in one statement when somebody is followed or not any more. */
const BATCH_SIZE = 1_000;

/** Where a walk over posts has got to. */
type Walk = { createdAt: string; id: string };

/** A row of `feed_items`: user, instant and post. */
export type ItemKey = [userId: string, createdAt: string, postId: string];

/** A row of `merged_follows`. */
export type MergedKey = [userId: string, authorId: string];

type Swept = { authorId: string; explained: boolean };

const FOLLOWED = `EXISTS (SELECT 1 FROM social.relationships follow WHERE follow.user_id = item.user_id
  AND follow.other_id = item.author_id AND follow.followed_at IS NOT NULL)`;
const MERGED = `EXISTS (SELECT 1 FROM social.merged_authors merged WHERE merged.author_id = item.author_id)`;
/** When a row of each table, `item`, is as it should be. */
const EXPLAINED = {
  feed_items: `${FOLLOWED} AND NOT ${MERGED} AND EXISTS (SELECT 1 FROM social.posts post WHERE post.id = item.post_id
    AND post.author_id = item.author_id AND post.created_at = item.created_at)`,
  merged_follows: `${FOLLOWED} AND ${MERGED}`,
};

/**
 * The rows behind everybody's feed: one for each post and follower of its author. For an author with very many
 * followers there is one for each follower instead, and what it writes is merged when the follower reads.
 *
 * Each method makes some of the rows what posts and relationships say now, so that it may be called in any order and
 * any number of times. Whoever adds rows of an author holds a lock with others who add, whoever removes holds it alone:
 * a removal would not see what an addition has not committed yet, which then would stay for good. Whoever reads does
 * not trust these rows, so a late one does no harm.
 */
@Injectable()
export class FeedItems {
  constructor(
    private readonly sql: Sql,
    private readonly settings: FeedSettings,
  ) {}

  /** Gives a post to the followers of its author, or takes it away from everybody when it is not there any more. */
  async reconcilePost(postId: string, authorId: string): Promise<void> {
    const there = await this.sql.row('SELECT FROM social.posts WHERE id = $1', [postId]);
    if (!there) return this.removePost(postId, authorId);
    if (await this.exceedsFanOutLimit(authorId)) return this.merge(authorId);
    await this.lock(authorId, 'to add');
    if (await this.isMerged(authorId)) return;
    await this.sql.execute(
      `INSERT INTO social.feed_items (user_id, created_at, post_id, author_id)
       SELECT follow.user_id, post.created_at, post.id, post.author_id
       FROM social.posts post JOIN social.relationships follow ON follow.other_id = post.author_id
       WHERE post.id = $1 AND follow.followed_at IS NOT NULL
       ON CONFLICT DO NOTHING`,
      [postId],
    );
  }

  /** Gives somebody what an author has written, or takes it away when it does not follow the author any more. */
  async settleFollow(userId: string, authorId: string): Promise<void> {
    const following = await this.sql.row(
      `SELECT FROM social.relationships WHERE user_id = $1 AND other_id = $2 AND followed_at IS NOT NULL`,
      [userId, authorId],
    );
    await this.lock(authorId, following ? 'to add' : 'to remove');
    if (!following) await this.removeFollow(userId, authorId);
    else if (await this.isMerged(authorId)) await this.addMerged(userId, authorId);
    else await this.addPosts(userId, authorId);
  }

  /**
   * Removes those of some rows of `feed_items` that no post and no relationship explains.
   *
   * @param after where the part before ended; undefined for the first
   * @param limit most rows to look at
   * @returns where this part ended; undefined when there are no more rows
   */
  async sweepItems(after: ItemKey | undefined, limit: number): Promise<ItemKey | undefined> {
    const rows = await this.sql.rows<Swept & { key: ItemKey }>(
      `SELECT jsonb_build_array(item.user_id, item.created_at::text, item.post_id) AS key,
              item.author_id AS "authorId", ${EXPLAINED.feed_items} AS explained
       FROM social.feed_items item WHERE (item.user_id, item.created_at, item.post_id) > ($1, $2::timestamptz, $3)
       ORDER BY item.user_id, item.created_at, item.post_id LIMIT $4`,
      [...(after ?? [NIL_UUID, '-infinity', NIL_UUID]), limit],
    );
    const wrong = await this.lockWrong(rows);
    if (wrong.length > 0)
      await this.sql.execute(
        `DELETE FROM social.feed_items item
         USING unnest($1::uuid[], $2::timestamptz[], $3::uuid[]) AS key (user_id, created_at, post_id)
         WHERE item.user_id = key.user_id AND item.created_at = key.created_at AND item.post_id = key.post_id
           AND NOT (${EXPLAINED.feed_items})`,
        [0, 1, 2].map((part) => wrong.map(({ key }) => key[part])),
      );
    return rows.at(-1)?.key;
  }

  /** As {@link sweepItems}, of `merged_follows`. */
  async sweepMerged(after: MergedKey | undefined, limit: number): Promise<MergedKey | undefined> {
    const rows = await this.sql.rows<Swept & { key: MergedKey }>(
      `SELECT jsonb_build_array(item.user_id, item.author_id) AS key,
              item.author_id AS "authorId", ${EXPLAINED.merged_follows} AS explained
       FROM social.merged_follows item WHERE (item.user_id, item.author_id) > ($1, $2)
       ORDER BY item.user_id, item.author_id LIMIT $3`,
      [...(after ?? [NIL_UUID, NIL_UUID]), limit],
    );
    const wrong = await this.lockWrong(rows);
    if (wrong.length > 0)
      await this.sql.execute(
        `DELETE FROM social.merged_follows item USING unnest($1::uuid[], $2::uuid[]) AS key (user_id, author_id)
         WHERE item.user_id = key.user_id AND item.author_id = key.author_id AND NOT (${EXPLAINED.merged_follows})`,
        [0, 1].map((part) => wrong.map(({ key }) => key[part])),
      );
    return rows.at(-1)?.key;
  }

  /** Whether they really are wrong is to be asked again afterwards: a row may have been explained in the meantime. */
  private async lockWrong<Row extends Swept>(rows: readonly Row[]): Promise<Row[]> {
    const wrong = rows.filter(({ explained }) => !explained);
    const authors = [...new Set(wrong.map(({ authorId }) => authorId))].sort();
    for (const authorId of authors) await this.lock(authorId, 'to remove');
    return wrong;
  }

  private async removePost(postId: string, authorId: string): Promise<void> {
    await this.lock(authorId, 'to remove');
    await this.sql.execute('DELETE FROM social.feed_items WHERE post_id = $1', [postId]);
  }

  private async addPosts(userId: string, authorId: string): Promise<void> {
    await this.piecewise(
      authorId,
      `INSERT INTO social.feed_items (user_id, created_at, post_id, author_id)
       SELECT $2::uuid, piece.created_at, piece.id, $1 FROM piece
       WHERE EXISTS (SELECT 1 FROM social.relationships
                     WHERE user_id = $2 AND other_id = $1 AND followed_at IS NOT NULL)
       ON CONFLICT DO NOTHING`,
      userId,
    );
  }

  private async removeFollow(userId: string, authorId: string): Promise<void> {
    const still = `SELECT 1 FROM social.relationships
                   WHERE user_id = $2 AND other_id = $1 AND followed_at IS NOT NULL`;
    await this.sql.execute(
      `DELETE FROM social.merged_follows WHERE author_id = $1 AND user_id = $2 AND NOT EXISTS (${still})`,
      [authorId, userId],
    );
    await this.piecewise(
      authorId,
      `DELETE FROM social.feed_items item USING piece
       WHERE item.user_id = $2 AND item.created_at = piece.created_at AND item.post_id = piece.id
         AND NOT EXISTS (${still})`,
      userId,
    );
  }

  /**
   * Does something with all posts of an author, so many at a time that no statement takes long.
   *
   * @param change statement that knows the posts as `piece`, the author as $1 and the follower as $2
   */
  private async piecewise(authorId: string, change: string, userId: string): Promise<void> {
    let last: Walk | undefined;
    do {
      last = await this.sql.row<Walk>(
        `WITH piece AS MATERIALIZED (
           SELECT created_at, id FROM social.posts
           WHERE author_id = $1 AND (created_at, id) < ($3::timestamptz, $4::uuid)
           ORDER BY created_at DESC, id DESC LIMIT ${BATCH_SIZE}
         ), changed AS (${change})
         SELECT created_at::text AS "createdAt", id FROM piece ORDER BY piece.created_at, piece.id LIMIT 1`,
        [authorId, userId, last?.createdAt ?? 'infinity', last?.id ?? NIL_UUID],
      );
    } while (last);
  }

  /** From now on, and for good, posts of this author are merged when its followers read. */
  private async merge(authorId: string): Promise<void> {
    await this.lock(authorId, 'to remove');
    await this.sql.execute(
      'INSERT INTO social.merged_authors (author_id) VALUES ($1) ON CONFLICT DO NOTHING',
      [authorId],
    );
    await this.sql.execute(
      `INSERT INTO social.merged_follows (user_id, author_id)
       SELECT user_id, other_id FROM social.relationships WHERE other_id = $1 AND followed_at IS NOT NULL
       ON CONFLICT DO NOTHING`,
      [authorId],
    );
  }

  private async addMerged(userId: string, authorId: string): Promise<void> {
    await this.sql.execute(
      `INSERT INTO social.merged_follows (user_id, author_id)
       SELECT user_id, other_id FROM social.relationships
       WHERE user_id = $1 AND other_id = $2 AND followed_at IS NOT NULL
       ON CONFLICT DO NOTHING`,
      [userId, authorId],
    );
  }

  /** @returns whether the author has more followers than a post is written for each of, and is not merged yet */
  private async exceedsFanOutLimit(authorId: string): Promise<boolean> {
    if (await this.isMerged(authorId)) return false;
    const row = await this.sql.row<{ followers: number }>(
      `SELECT count(*)::int AS followers FROM (
         SELECT FROM social.relationships WHERE other_id = $1 AND followed_at IS NOT NULL LIMIT $2) AS counted`,
      [authorId, this.settings.fanOutLimit + 1],
    );
    return row!.followers > this.settings.fanOutLimit;
  }

  private async isMerged(authorId: string): Promise<boolean> {
    return (
      (await this.sql.row('SELECT FROM social.merged_authors WHERE author_id = $1', [authorId])) !== undefined
    );
  }

  /** Until the present transaction ends. What is read after it is as new as the lock. */
  private async lock(authorId: string, purpose: 'to add' | 'to remove'): Promise<void> {
    const lock = purpose === 'to add' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock';
    await this.sql.execute(`SELECT ${lock}(hashtextextended('social.feed:' || $1::text, 0))`, [authorId]);
  }
}
