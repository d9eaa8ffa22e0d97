import { Injectable } from '@nestjs/common';
import { NIL_UUID } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import { FeedSettings } from '../settings';

/** Posts per transaction when an author is followed or unfollowed. */
const BATCH_SIZE = 1_000;

/** Position of an iteration over the posts of an author, newest first. */
export type Walk = { createdAt: string; id: string };

/** Key of a row of `feed_items`: user, time and post. */
export type ItemKey = [userId: string, createdAt: string, postId: string];

/** Key of a row of `merged_follows`. */
export type MergedKey = [userId: string, authorId: string];

type Swept = { authorId: string; explained: boolean };

const FOLLOWED = `EXISTS (SELECT 1 FROM social.relationships follow WHERE follow.user_id = item.user_id
  AND follow.other_id = item.author_id AND follow.followed_at IS NOT NULL)`;
const MERGED = `EXISTS (SELECT 1 FROM social.merged_authors merged WHERE merged.author_id = item.author_id)`;
/** Conditions for a correct row, `item`, of each table. */
const EXPLAINED = {
  feed_items: `${FOLLOWED} AND NOT ${MERGED} AND EXISTS (SELECT 1 FROM social.posts post WHERE post.id = item.post_id
    AND post.author_id = item.author_id AND post.created_at = item.created_at)`,
  merged_follows: `${FOLLOWED} AND ${MERGED}`,
};

/**
 * The rows of all feeds: one for each post and follower of its author. An author with very many followers has one row
 * for each follower instead, and their posts are merged on read.
 *
 * Each method updates some of the rows to match the current posts and relationships, so methods may be called in any
 * order and repeatedly. Inserts of an author's rows hold a shared lock, removals an exclusive one: a removal would not
 * see uncommitted inserts, which would then remain. Reads check visibility again, so an outdated row is harmless.
 */
@Injectable()
export class FeedItems {
  constructor(
    private readonly sql: Sql,
    private readonly settings: FeedSettings,
  ) {}

  /** Adds a post to the feeds of its author's followers, or removes it from all feeds if it was deleted. */
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

  /**
   * Adds a batch of an author's posts to a user's feed, or removes it if the user no longer follows the author. A new
   * follow or unfollow starts again at the newest post, so that the last change is applied to all posts.
   *
   * @param after end of the previous batch; undefined for the first
   * @returns end of this batch; undefined if there are no more posts
   */
  async reconcileFollow(userId: string, authorId: string, after?: Walk): Promise<Walk | undefined> {
    const following = await this.sql.row(
      `SELECT FROM social.relationships WHERE user_id = $1 AND other_id = $2 AND followed_at IS NOT NULL`,
      [userId, authorId],
    );
    await this.lock(authorId, following ? 'to add' : 'to remove');
    if (!following) return this.removeFollow(userId, authorId, after);
    if (!(await this.isMerged(authorId))) return this.addPosts(userId, authorId, after);
    await this.addMerged(userId, authorId);
    return undefined;
  }

  /**
   * Removes rows of `feed_items` without a matching post and relationship, one batch at a time.
   *
   * @param after end of the previous batch; undefined for the first
   * @param limit maximum rows to check
   * @returns end of this batch; undefined if there are no more rows
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

  /** Like {@link sweepItems}, for `merged_follows`. */
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

  /** They must be checked again afterwards: a row may have become correct in the meantime. */
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

  private addPosts(userId: string, authorId: string, after: Walk | undefined): Promise<Walk | undefined> {
    return this.changeBatch(
      authorId,
      `INSERT INTO social.feed_items (user_id, created_at, post_id, author_id)
       SELECT $2::uuid, batch.created_at, batch.id, $1 FROM batch
       WHERE EXISTS (SELECT 1 FROM social.relationships
                     WHERE user_id = $2 AND other_id = $1 AND followed_at IS NOT NULL)
       ON CONFLICT DO NOTHING`,
      userId,
      after,
    );
  }

  private async removeFollow(
    userId: string,
    authorId: string,
    after: Walk | undefined,
  ): Promise<Walk | undefined> {
    const still = `SELECT 1 FROM social.relationships
                   WHERE user_id = $2 AND other_id = $1 AND followed_at IS NOT NULL`;
    await this.sql.execute(
      `DELETE FROM social.merged_follows WHERE author_id = $1 AND user_id = $2 AND NOT EXISTS (${still})`,
      [authorId, userId],
    );
    return this.changeBatch(
      authorId,
      `DELETE FROM social.feed_items item USING batch
       WHERE item.user_id = $2 AND item.created_at = batch.created_at AND item.post_id = batch.id
         AND NOT EXISTS (${still})`,
      userId,
      after,
    );
  }

  /**
   * Runs a statement for a batch of the posts of an author.
   *
   * @param change statement in which `batch` is the batch of posts, $1 the author and $2 the follower
   * @returns end of the batch; undefined if it is the last one
   */
  private async changeBatch(
    authorId: string,
    change: string,
    userId: string,
    after: Walk | undefined,
  ): Promise<Walk | undefined> {
    const end = await this.sql.row<Walk & { posts: number }>(
      `WITH batch AS MATERIALIZED (
         SELECT created_at, id FROM social.posts
         WHERE author_id = $1 AND (created_at, id) < ($3::timestamptz, $4::uuid)
         ORDER BY created_at DESC, id DESC LIMIT ${BATCH_SIZE}
       ), changed AS (${change})
       SELECT created_at::text AS "createdAt", id, (SELECT count(*)::int FROM batch) AS posts
       FROM batch ORDER BY batch.created_at, batch.id LIMIT 1`,
      [authorId, userId, after?.createdAt ?? 'infinity', after?.id ?? NIL_UUID],
    );
    return end?.posts === BATCH_SIZE ? { createdAt: end.createdAt, id: end.id } : undefined;
  }

  /** Permanently switches an author to merging on read. */
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

  /** @returns whether the author has too many followers for fan-out and is not merged yet */
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

  /** Held until the current transaction ends. Later reads see everything committed before the lock. */
  private async lock(authorId: string, purpose: 'to add' | 'to remove'): Promise<void> {
    const lock = purpose === 'to add' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock';
    await this.sql.execute(`SELECT ${lock}(hashtextextended('social.feed:' || $1::text, 0))`, [authorId]);
  }
}
