import { Injectable } from '@nestjs/common';
import { NIL_UUID } from '@rookery/domain';
import { Snooze } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';
import { type Follower, Relations } from '../../social/contract';
import { StorySettings } from '../settings';

/** Followers per statement when an author publishes, and per transaction when the author becomes a merged author. */
const BATCH_SIZE = 1_000;
/** Milliseconds to wait before retrying what another transaction has locked; by then it has finished. */
const BUSY_MS = 50;

/** Key of a row of `feed_items`: user, time and story. */
export type ItemKey = [userId: string, createdAt: string, storyId: string];

/** Key of a row of `merged_follows`. */
export type MergedKey = [userId: string, authorId: string];

/**
 * The rows of all story feeds: one for each non-private story and each follower of its author or, if the story has an
 * audience, each user in the audience. An author with very many followers has one row for each follower instead, and
 * their stories are merged on read.
 *
 * Each method makes some of the rows match the current stories and follows, so methods may be called in any order and
 * repeatedly. Reads check visibility again, so an outdated row shows nothing.
 */
@Injectable()
export class FeedItems {
  constructor(
    private readonly relations: Relations,
    private readonly settings: StorySettings,
    private readonly sql: Sql,
  ) {}

  /**
   * Adds a story to the feeds of those who may see it, or removes it from all feeds if it has ended.
   *
   * @returns whether the author has too many followers for that and has just become a merged author; the caller then
   *   calls {@link merge} for all followers
   * @throws Snooze while another transaction is changing the story
   */
  async reconcileStory(storyId: string, authorId: string): Promise<boolean> {
    // The lock prevents the story from expiring before these rows are committed: their removal would miss them.
    const story = await this.sql.row<{ isPrivate: boolean; restricted: boolean }>(
      `SELECT visibility = 'private' AS "isPrivate", restricted
       FROM stories.stories WHERE id = $1 AND ended_at IS NULL FOR SHARE SKIP LOCKED`,
      [storyId],
    );
    if (!story) {
      // Several deliveries share a transaction in any order, so waiting could cause a deadlock.
      if (await this.isOpen(storyId)) throw new Snooze(BUSY_MS);
      await this.sql.execute('DELETE FROM stories.feed_items WHERE story_id = $1', [storyId]);
      return false;
    }
    if (story.isPrivate) return false;
    if (story.restricted) {
      await this.sql.execute(
        `INSERT INTO stories.feed_items (user_id, story_id, author_id, created_at, friends_only)
         SELECT listed.user_id, story.id, story.author_id, story.created_at, true
         FROM stories.stories story JOIN stories.audiences listed ON listed.story_id = story.id
         WHERE story.id = $1 ON CONFLICT DO NOTHING`,
        [storyId],
      );
      return false;
    }
    return (await this.isMerged(authorId)) ? false : this.fanOut(storyId, authorId);
  }

  /**
   * Adds an author's stories to a user's feed, or removes them if the user no longer follows the author.
   *
   * @throws Snooze while another transaction does so for the same two
   */
  async reconcileFollow(userId: string, authorId: string): Promise<void> {
    const row = await this.sql.row<{ locked: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended('stories.feed:' || $1 || ':' || $2, 0)) AS locked`,
      [userId, authorId],
    );
    // Several deliveries share a transaction in any order, so waiting could cause a deadlock.
    if (!row!.locked) throw new Snooze(BUSY_MS);
    const relation = (await this.relations.relationsTo(userId, [authorId])).get(authorId);
    if (relation?.following) await this.addAuthor(userId, authorId);
    else await this.removeAuthor(userId, authorId);
  }

  /**
   * Records the next followers of a merged author.
   *
   * @param after last follower of the previous batch; null for the first
   * @returns last follower of this batch; null if there are no more
   */
  async merge(authorId: string, after: Follower | null): Promise<Follower | null> {
    const followers = await this.relations.followersOf(authorId, after, BATCH_SIZE);
    await this.sql.execute(
      `INSERT INTO stories.merged_follows (user_id, author_id)
       SELECT user_id, $1 FROM unnest($2::uuid[]) AS user_id ON CONFLICT DO NOTHING`,
      [authorId, followers.map(({ id }) => id)],
    );
    return followers.length < BATCH_SIZE ? null : followers.at(-1)!;
  }

  /**
   * Removes rows of `feed_items` whose stories have ended, or whose readers do not follow the author, one batch at a
   * time.
   *
   * @param after end of the previous batch; undefined for the first
   * @param limit maximum rows to check
   * @returns end of this batch; undefined if there are no more rows
   */
  async sweepItems(after: ItemKey | undefined, limit: number): Promise<ItemKey | undefined> {
    const rows = await this.sql.rows<{ key: ItemKey; userId: string; authorId: string; open: boolean }>(
      `SELECT jsonb_build_array(item.user_id, item.created_at::text, item.story_id) AS key,
              item.user_id AS "userId", item.author_id AS "authorId",
              EXISTS (SELECT FROM stories.stories story WHERE story.id = item.story_id
                      AND story.author_id = item.author_id AND story.created_at = item.created_at
                      AND story.ended_at IS NULL AND story.visibility <> 'private'
                      AND item.friends_only = (story.visibility = 'friends')
                      AND (NOT story.restricted OR EXISTS (SELECT FROM stories.audiences listed
                           WHERE listed.story_id = story.id AND listed.user_id = item.user_id))) AS open
       FROM stories.feed_items item WHERE (item.user_id, item.created_at, item.story_id) > ($1, $2::timestamptz, $3)
       ORDER BY item.user_id, item.created_at, item.story_id LIMIT $4`,
      [...(after ?? [NIL_UUID, '-infinity', NIL_UUID]), limit],
    );
    const unfollowed = await this.unfollowed(rows);
    const wrong = rows.filter((row) => !row.open || unfollowed(row)).map(({ key }) => key);
    if (wrong.length > 0)
      await this.sql.execute(
        `DELETE FROM stories.feed_items item
         USING unnest($1::uuid[], $2::timestamptz[], $3::uuid[]) AS key (user_id, created_at, story_id)
         WHERE item.user_id = key.user_id AND item.created_at = key.created_at AND item.story_id = key.story_id`,
        [0, 1, 2].map((part) => wrong.map((key) => key[part])),
      );
    return rows.at(-1)?.key;
  }

  /** Like {@link sweepItems}, for `merged_follows`. */
  async sweepMerged(after: MergedKey | undefined, limit: number): Promise<MergedKey | undefined> {
    const rows = await this.sql.rows<{ userId: string; authorId: string; merged: boolean }>(
      `SELECT user_id AS "userId", author_id AS "authorId",
              EXISTS (SELECT FROM stories.merged_authors author WHERE author.author_id = follow.author_id) AS merged
       FROM stories.merged_follows follow WHERE (user_id, author_id) > ($1, $2)
       ORDER BY user_id, author_id LIMIT $3`,
      [...(after ?? [NIL_UUID, NIL_UUID]), limit],
    );
    const unfollowed = await this.unfollowed(rows);
    const wrong = rows.filter((row) => !row.merged || unfollowed(row));
    if (wrong.length > 0)
      await this.sql.execute(
        `DELETE FROM stories.merged_follows follow USING unnest($1::uuid[], $2::uuid[]) AS key (user_id, author_id)
         WHERE follow.user_id = key.user_id AND follow.author_id = key.author_id`,
        [wrong.map(({ userId }) => userId), wrong.map(({ authorId }) => authorId)],
      );
    const last = rows.at(-1);
    return last && [last.userId, last.authorId];
  }

  /** @returns the merged authors after an id, by id */
  mergedAuthors(after: string, limit: number): Promise<{ id: string }[]> {
    return this.sql.rows(
      'SELECT author_id AS id FROM stories.merged_authors WHERE author_id > $1 ORDER BY author_id LIMIT $2',
      [after, limit],
    );
  }

  /** One call of social for each reader. A batch of rows has few readers. */
  private async unfollowed(rows: readonly { userId: string; authorId: string }[]) {
    const followed = new Set<string>();
    for (const [userId, own] of Map.groupBy(rows, (row) => row.userId)) {
      const authors = [...new Set(own.map(({ authorId }) => authorId))];
      for (const [authorId, { following }] of await this.relations.relationsTo(userId, authors))
        if (following) followed.add(`${userId} ${authorId}`);
    }
    return ({ userId, authorId }: { userId: string; authorId: string }) =>
      !followed.has(`${userId} ${authorId}`);
  }

  /** @returns whether there are too many followers */
  private async fanOut(storyId: string, authorId: string): Promise<boolean> {
    let after: Follower | null = null;
    for (let reached = 0; ;) {
      const limit = Math.min(BATCH_SIZE, this.settings.fanOutLimit - reached + 1);
      const followers: Follower[] = await this.relations.followersOf(authorId, after, limit);
      reached += followers.length;
      if (reached > this.settings.fanOutLimit) {
        await this.sql.execute(
          'INSERT INTO stories.merged_authors (author_id) VALUES ($1) ON CONFLICT DO NOTHING',
          [authorId],
        );
        return true;
      }
      await this.sql.execute(
        `INSERT INTO stories.feed_items (user_id, story_id, author_id, created_at, friends_only)
         SELECT user_id, story.id, story.author_id, story.created_at, story.visibility = 'friends'
         FROM stories.stories story, unnest($2::uuid[]) AS user_id WHERE story.id = $1
         ON CONFLICT DO NOTHING`,
        [storyId, followers.map(({ id }) => id)],
      );
      if (followers.length < limit) return false;
      after = followers.at(-1)!;
    }
  }

  /** Stories with an audience can be by merged authors, too. An author has few that have not expired. */
  private async addAuthor(userId: string, authorId: string): Promise<void> {
    const merged = await this.isMerged(authorId);
    if (merged)
      await this.sql.execute(
        'INSERT INTO stories.merged_follows (user_id, author_id) VALUES ($1, $2) ON CONFLICT DO NOTHING',
        [userId, authorId],
      );
    await this.sql.execute(
      `INSERT INTO stories.feed_items (user_id, story_id, author_id, created_at, friends_only)
       SELECT $1::uuid, story.id, story.author_id, story.created_at, story.visibility = 'friends'
       FROM stories.stories story
       WHERE story.author_id = $2 AND story.ended_at IS NULL AND story.expires_at > now()
         AND story.visibility <> 'private'
         AND CASE WHEN story.restricted
                  THEN EXISTS (SELECT FROM stories.audiences listed
                               WHERE listed.story_id = story.id AND listed.user_id = $1)
                  ELSE NOT $3::boolean END
       ON CONFLICT DO NOTHING`,
      [userId, authorId, merged],
    );
  }

  private async removeAuthor(userId: string, authorId: string): Promise<void> {
    await this.sql.execute('DELETE FROM stories.merged_follows WHERE user_id = $1 AND author_id = $2', [
      userId,
      authorId,
    ]);
    await this.sql.execute('DELETE FROM stories.feed_items WHERE author_id = $2 AND user_id = $1', [
      userId,
      authorId,
    ]);
  }

  private async isOpen(storyId: string): Promise<boolean> {
    const story = await this.sql.row('SELECT FROM stories.stories WHERE id = $1 AND ended_at IS NULL', [
      storyId,
    ]);
    return story !== undefined;
  }

  private async isMerged(authorId: string): Promise<boolean> {
    return (
      (await this.sql.row('SELECT FROM stories.merged_authors WHERE author_id = $1', [authorId])) !==
      undefined
    );
  }
}
