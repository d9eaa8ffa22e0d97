import { Injectable } from '@nestjs/common';
import { NIL_UUID } from '@rookery/domain';
import { Snooze } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';

/** Milliseconds until rows that another transaction is counting are checked again; by then it has finished. */
const BUSY_MS = 50;
/** Maximum wrong rows to fix per call: each takes advisory locks, of which PostgreSQL holds a limited number. */
const MAX_FIXES = 100;
/** Maximum users per transaction that are recounted. */
const MAX_RECOUNTED = 20;

/** Key of a row of `counted_follows`. */
export type FollowKey = [userId: string, otherId: string];

/** @returns SQL that is true if a follow counts: it exists, and both users are active; both are SQL expressions */
export function followCounts(user: string, other: string): string {
  return `EXISTS (SELECT FROM social.relationships follow
    JOIN social.people follower ON follower.id = follow.user_id AND follower.active
    JOIN social.people followed ON followed.id = follow.other_id AND followed.active
    WHERE follow.user_id = ${user} AND follow.other_id = ${other} AND follow.followed_at IS NOT NULL)`;
}

/** @returns SQL that is true if the author has the post; both are SQL expressions */
export function postCounts(post: string, author: string): string {
  return `EXISTS (SELECT FROM social.posts WHERE posts.id = ${post} AND posts.author_id = ${author})`;
}

/**
 * The end of a `WITH` list: adds the rows of `changes` (user_id, posts, followers, following; one for each user) to the
 * counts. It uses a row of the user that no other transaction has locked, and creates a new one if all are locked. So
 * no transaction waits for the row of a popular user, and no order of users can cause a deadlock. A user has at most as
 * many rows as there were concurrent uncommitted changes, which the concurrency of the workers limits.
 */
const ADD_CHANGES = `
  free AS MATERIALIZED (
    SELECT changes.*, slot FROM changes, LATERAL (
      SELECT slot FROM social.profile_counts kept WHERE kept.user_id = changes.user_id
      ORDER BY slot LIMIT 1 FOR UPDATE SKIP LOCKED) AS unlocked),
  added_to AS (
    UPDATE social.profile_counts kept
    SET posts = kept.posts + free.posts, followers = kept.followers + free.followers,
        following = kept.following + free.following
    FROM free WHERE kept.user_id = free.user_id AND kept.slot = free.slot),
  made AS (
    INSERT INTO social.profile_counts (user_id, posts, followers, following)
    SELECT user_id, posts, followers, following FROM changes
    WHERE NOT EXISTS (SELECT FROM free WHERE free.user_id = changes.user_id))`;

/** `marked`, by how much a number of rows has changed, of the rows that `added` and `removed` return. */
const MARKED = `marked AS MATERIALIZED (
  SELECT (SELECT count(*) FROM added)::int - (SELECT count(*) FROM removed)::int AS change)`;

/** @param held how to handle rows that another transaction is removing */
const removeOneSide = (fixed: string, other: string, held: 'SKIP LOCKED' | '') => `
  WITH batch AS MATERIALIZED (
    SELECT user_id, other_id FROM social.counted_follows
    WHERE ${fixed} = $1 ORDER BY ${other} LIMIT $2 FOR UPDATE ${held}),
  removed AS (
    DELETE FROM social.counted_follows gone USING batch
    WHERE gone.user_id = batch.user_id AND gone.other_id = batch.other_id RETURNING gone.user_id, gone.other_id),
  one_side AS MATERIALIZED (
    SELECT user_id, 0 AS followers, -count(*)::int AS following FROM removed GROUP BY user_id
    UNION ALL SELECT other_id, -count(*)::int, 0 FROM removed GROUP BY other_id),
  changes AS MATERIALIZED (SELECT user_id, 0 AS posts, followers, following FROM one_side),
  ${ADD_CHANGES}
  SELECT count(*)::int AS removed FROM removed`;

/**
 * The number of posts, followers and followed users of each user. Each counted follow and post has a mark, which is
 * written in the statement that changes the counts. So in every snapshot the sum of a user's counts equals the number
 * of their marks: it is never negative, and events that arrive twice, late or in a different order do not make it
 * wrong.
 *
 * Each method makes some marks match the current tables. It holds a lock of the follow or post, and a shared lock of
 * each user; the removal of all marks of a user holds this lock exclusively. A transaction of the worker handles
 * several events in any order, so it never waits for these locks. Commands take no such lock.
 */
@Injectable()
export class ProfileCounts {
  constructor(private readonly sql: Sql) {}

  /**
   * Adds a follow to the counts, or removes it.
   *
   * @throws Snooze while another transaction counts the same follow
   */
  async reconcileFollow(userId: string, otherId: string): Promise<void> {
    await this.lockOrSnooze(`${userId}:${otherId}`, [userId, otherId]);
    await this.sql.execute(
      `WITH truth AS MATERIALIZED (SELECT ${followCounts('$1::uuid', '$2::uuid')} AS counts),
       added AS (
         INSERT INTO social.counted_follows (user_id, other_id) SELECT $1::uuid, $2::uuid FROM truth WHERE counts
         ON CONFLICT DO NOTHING RETURNING user_id),
       removed AS (
         DELETE FROM social.counted_follows WHERE user_id = $1 AND other_id = $2 AND NOT (SELECT counts FROM truth)
         RETURNING user_id),
       ${MARKED},
       changes AS MATERIALIZED (
         SELECT $1::uuid AS user_id, 0 AS posts, 0 AS followers, change AS following FROM marked WHERE change <> 0
         UNION ALL SELECT $2::uuid, 0, change, 0 FROM marked WHERE change <> 0),
       ${ADD_CHANGES}
       SELECT`,
      [userId, otherId],
    );
  }

  /**
   * Adds a post to the counts, or removes it.
   *
   * @throws Snooze while another transaction counts the same post
   */
  async reconcilePost(postId: string, authorId: string): Promise<void> {
    await this.lockOrSnooze(postId, [authorId]);
    await this.sql.execute(
      `WITH truth AS MATERIALIZED (SELECT ${postCounts('$1::uuid', '$2::uuid')} AS counts),
       added AS (
         INSERT INTO social.counted_posts (post_id, author_id) SELECT $1::uuid, $2::uuid FROM truth WHERE counts
         ON CONFLICT DO NOTHING RETURNING post_id),
       removed AS (
         DELETE FROM social.counted_posts WHERE post_id = $1 AND author_id = $2 AND NOT (SELECT counts FROM truth)
         RETURNING post_id),
       ${MARKED},
       changes AS MATERIALIZED (
         SELECT $2::uuid AS user_id, change AS posts, 0 AS followers, 0 AS following FROM marked WHERE change <> 0),
       ${ADD_CHANGES}
       SELECT`,
      [postId, authorId],
    );
  }

  /**
   * Removes a batch of the follows of a deleted user, in both directions, from the counts. Skips rows that the batch of
   * another deleted user is removing.
   *
   * @param limit maximum number of follows
   * @returns number of follows; less than `limit` if there are no more, 0 for an active user
   * @throws Snooze while another transaction counts a follow of the user
   */
  async leave(userId: string, limit: number): Promise<number> {
    const row = await this.sql.row<{ locked: boolean }>(
      `SELECT pg_try_advisory_xact_lock(${lockOfUser('$1')}) AS locked`,
      [userId],
    );
    if (!row!.locked) throw new Snooze(BUSY_MS);
    if (await this.sql.row('SELECT FROM social.people WHERE id = $1 AND active', [userId])) return 0;
    return this.remove(userId, limit, 'SKIP LOCKED');
  }

  /**
   * Removes a batch of the counts and marks of a user who is being erased: first the follows, from both sides.
   *
   * @param limit maximum rows of a kind
   * @returns number of removed rows
   */
  async erase(userId: string, limit: number): Promise<number> {
    await this.sql.execute(`SELECT pg_advisory_xact_lock(${lockOfUser('$1')})`, [userId]);
    const follows = await this.remove(userId, limit, '');
    if (follows > 0) return follows;
    const posts = await this.sql.execute(
      `DELETE FROM social.counted_posts WHERE post_id IN (
         SELECT post_id FROM social.counted_posts WHERE author_id = $1 LIMIT $2)`,
      [userId, limit],
    );
    return posts + (await this.sql.execute('DELETE FROM social.profile_counts WHERE user_id = $1', [userId]));
  }

  /**
   * Fixes marks of follows that do not count, one batch at a time.
   *
   * @param after end of the previous batch; undefined for the first
   * @param limit maximum rows to check
   * @returns end of this batch; undefined if there are no more rows
   * @throws Snooze while another transaction counts one of them
   */
  async sweepFollows(after: FollowKey | undefined, limit: number): Promise<FollowKey | undefined> {
    const rows = await this.sql.rows<{ key: FollowKey; explained: boolean }>(
      `SELECT jsonb_build_array(user_id, other_id) AS key, ${followCounts('counted.user_id', 'counted.other_id')} AS explained
       FROM social.counted_follows counted WHERE (user_id, other_id) > ($1, $2)
       ORDER BY user_id, other_id LIMIT $3`,
      [...(after ?? [NIL_UUID, NIL_UUID]), limit],
    );
    return this.fix(rows, (key) => this.reconcileFollow(...key));
  }

  /** Like {@link sweepFollows}, for the marks of posts. */
  async sweepPosts(after: string | undefined, limit: number): Promise<string | undefined> {
    const rows = await this.sql.rows<{ key: string; authorId: string; explained: boolean }>(
      `SELECT post_id AS key, author_id AS "authorId", ${postCounts('counted.post_id', 'counted.author_id')} AS explained
       FROM social.counted_posts counted WHERE post_id > $1 ORDER BY post_id LIMIT $2`,
      [after ?? NIL_UUID, limit],
    );
    const authors = new Map(rows.map(({ key, authorId }) => [key, authorId]));
    return this.fix(rows, (key) => this.reconcilePost(key, authors.get(key)!));
  }

  /**
   * Corrects the counts of a batch of users to match their marks. Marks and counts are compared in one snapshot, and
   * the difference is added, so that concurrent changes by the worker are preserved.
   *
   * @param after last id of the previous batch; undefined for the first
   * @returns last id of this batch; undefined if there are no more users
   */
  async recount(after: string | undefined): Promise<string | undefined> {
    const users = await this.sql.rows<{ id: string }>(
      `SELECT id FROM (
         (SELECT id FROM social.people WHERE id > $1 ORDER BY id LIMIT $2)
         UNION (SELECT DISTINCT user_id FROM social.profile_counts WHERE user_id > $1 ORDER BY user_id LIMIT $2)) AS either
       ORDER BY id LIMIT $2`,
      [after ?? NIL_UUID, MAX_RECOUNTED],
    );
    // Two concurrent runs would both add the difference.
    await this.sql.execute(`SELECT pg_advisory_xact_lock(hashtextextended('social.recount', 0))`);
    await this.sql.execute(
      `WITH changes AS MATERIALIZED (
         SELECT * FROM (
           SELECT asked.id AS user_id,
                  (SELECT count(*) FROM social.counted_posts WHERE author_id = asked.id)::int - kept.posts AS posts,
                  (SELECT count(*) FROM social.counted_follows WHERE other_id = asked.id)::int - kept.followers
                    AS followers,
                  (SELECT count(*) FROM social.counted_follows WHERE user_id = asked.id)::int - kept.following
                    AS following
           FROM unnest($1::uuid[]) AS asked (id), LATERAL (
             SELECT coalesce(sum(posts), 0)::int AS posts, coalesce(sum(followers), 0)::int AS followers,
                    coalesce(sum(following), 0)::int AS following
             FROM social.profile_counts WHERE user_id = asked.id) AS kept) AS difference
         WHERE posts <> 0 OR followers <> 0 OR following <> 0),
       ${ADD_CHANGES}
       SELECT`,
      [users.map(({ id }) => id)],
    );
    return users.at(-1)?.id;
  }

  private async lockOrSnooze(what: string, users: readonly string[]): Promise<void> {
    const row = await this.sql.row<{ locked: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended('social.counted:' || $1, 0))
          AND (SELECT bool_and(pg_try_advisory_xact_lock_shared(${lockOfUser('id')}))
               FROM unnest($2::text[]) AS id) AS locked`,
      [what, users],
    );
    if (!row!.locked) throw new Snooze(BUSY_MS);
  }

  /** @returns number of removed marks */
  private async remove(userId: string, limit: number, held: 'SKIP LOCKED' | ''): Promise<number> {
    const remove = async (fixed: string, other: string, most: number) =>
      (await this.sql.row<{ removed: number }>(removeOneSide(fixed, other, held), [userId, most]))!.removed;
    const following = await remove('user_id', 'other_id', limit);
    return following === limit ? limit : following + (await remove('other_id', 'user_id', limit - following));
  }

  /** @returns key of the last correct row; undefined without rows */
  private async fix<Key>(
    rows: readonly { key: Key; explained: boolean }[],
    reconcile: (key: Key) => Promise<void>,
  ): Promise<Key | undefined> {
    const wrong = rows.filter(({ explained }) => !explained).slice(0, MAX_FIXES);
    for (const { key } of wrong) await reconcile(key);
    return (wrong.length === MAX_FIXES ? wrong : rows).at(-1)?.key;
  }
}

/** @returns SQL for the lock of a user's marks; `id` is an SQL expression */
function lockOfUser(id: string): string {
  return `hashtextextended('social.counts:' || ${id}::text, 0)`;
}
