import { Injectable } from '@nestjs/common';
import { Clock, NIL_UUID } from '@rookery/domain';
import { Snooze } from '@rookery/messaging';
import { FoldedCounts, Sql } from '@rookery/persistence';

/** Maximum days, including today, for which tags are counted. */
export const MAX_TAG_DAYS = 30;
/** Maximum counts of old days to remove at once. */
const BATCH_SIZE = 10_000;
/** Milliseconds until a post that another transaction is projecting is checked again. */
const BUSY_MS = 50;
const DAY_MS = 86_400_000;

/** Key of a row of `post_tags`: tag, time and post. */
export type PostTagKey = [tag: string, createdAt: string, postId: string];

/** SQL for the day, in UTC, of a timestamp. */
const dayOf = (timestamp: string) => `(${timestamp} AT TIME ZONE 'UTC')::date`;

const EXPLAINED = `EXISTS (SELECT FROM social.posts post
  WHERE post.id = kept.post_id AND post.created_at = kept.created_at AND kept.tag = ANY (post.tags))`;

/**
 * @param day how many days before today; 0 is today
 * @returns the date in UTC
 */
export function dateOf(now: Date, day: number): string {
  return new Date(now.getTime() - day * DAY_MS).toISOString().slice(0, 10);
}

/** The posts of each tag, derived from the posts, and their count on each of the last days. */
@Injectable()
export class PostTags extends FoldedCounts {
  protected readonly lockName = 'social.tag-days';
  protected readonly changes = 'social.tag_changes';

  constructor(
    private readonly clock: Clock,
    sql: Sql,
  ) {
    super(sql);
  }

  /**
   * Makes the rows of a post match its current tags.
   *
   * @throws Snooze while another transaction does so: several deliveries share a transaction in any order, so waiting
   *   could deadlock
   */
  async reconcile(postId: string): Promise<void> {
    const row = await this.sql.row<{ locked: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended('social.post-tags:' || $1::text, 0)) AS locked`,
      [postId],
    );
    if (!row!.locked) throw new Snooze(BUSY_MS);
    await this.sql.execute(
      `WITH removed AS (
         DELETE FROM social.post_tags kept WHERE kept.post_id = $1 AND NOT ${EXPLAINED} RETURNING tag, created_at
       ), added AS (
         INSERT INTO social.post_tags (tag, created_at, post_id)
         SELECT tag, post.created_at, post.id FROM social.posts post, unnest(post.tags) AS tag WHERE post.id = $1
         ON CONFLICT DO NOTHING RETURNING tag, created_at
       )
       INSERT INTO social.tag_changes (tag, day, change)
       SELECT tag, ${dayOf('created_at')}, -1 FROM removed UNION ALL SELECT tag, ${dayOf('created_at')}, 1 FROM added`,
      [postId],
    );
  }

  /** Counts of days that can no longer be requested are removed. */
  protected override async apply(take: (columns: string) => string): Promise<void> {
    const oldest = dateOf(this.clock.now(), MAX_TAG_DAYS - 1);
    await this.sql.execute(
      `WITH taken AS (${take('tag, day, change')}), sums AS (
         SELECT tag, day, sum(change)::int AS change FROM taken WHERE day >= $1 GROUP BY tag, day HAVING sum(change) <> 0
       ), updated AS (
         UPDATE social.tag_days counted SET posts = counted.posts + sums.change FROM sums
         WHERE counted.tag = sums.tag AND counted.day = sums.day AND counted.posts + sums.change > 0
       ), removed AS (
         DELETE FROM social.tag_days counted USING sums
         WHERE counted.tag = sums.tag AND counted.day = sums.day AND counted.posts + sums.change <= 0
       )
       INSERT INTO social.tag_days (tag, day, posts)
       SELECT tag, day, change FROM sums
       WHERE change > 0 AND NOT EXISTS (
         SELECT FROM social.tag_days counted WHERE counted.tag = sums.tag AND counted.day = sums.day)`,
      [oldest],
    );
    await this.sql.execute(
      `DELETE FROM social.tag_days WHERE (tag, day) IN (
         SELECT tag, day FROM social.tag_days WHERE day < $1 LIMIT ${BATCH_SIZE})`,
      [oldest],
    );
  }

  /**
   * Removes rows of `post_tags` without a matching post, one batch at a time.
   *
   * @param after end of the previous batch; undefined for the first
   * @param limit maximum rows to check
   * @returns end of this batch; undefined if there are no more rows
   * @throws Snooze see {@link reconcile}
   */
  async sweep(after: PostTagKey | undefined, limit: number): Promise<PostTagKey | undefined> {
    const rows = await this.sql.rows<{ key: PostTagKey; explained: boolean }>(
      `SELECT jsonb_build_array(kept.tag, kept.created_at::text, kept.post_id) AS key, ${EXPLAINED} AS explained
       FROM social.post_tags kept WHERE (kept.tag, kept.created_at, kept.post_id) > ($1, $2::timestamptz, $3)
       ORDER BY kept.tag, kept.created_at, kept.post_id LIMIT $4`,
      [...(after ?? ['', '-infinity', NIL_UUID]), limit],
    );
    const wrong = new Set(rows.filter(({ explained }) => !explained).map(({ key: [, , postId] }) => postId));
    for (const postId of [...wrong].sort()) await this.reconcile(postId);
    return rows.at(-1)?.key;
  }

  /**
   * Recounts the tags of a day.
   *
   * @param day how many days before today; below {@link MAX_TAG_DAYS}
   */
  async recount(day: number): Promise<void> {
    await this.lock();
    // One statement, so that exactly the changes of the counted rows are discarded.
    await this.sql.execute(
      `WITH dropped AS (DELETE FROM social.tag_changes WHERE day = $1::date),
            counted AS (
              SELECT tag, count(*)::int AS posts FROM social.post_tags
              WHERE created_at >= $1::date::timestamp AT TIME ZONE 'UTC'
                AND created_at < ($1::date + 1)::timestamp AT TIME ZONE 'UTC'
              GROUP BY tag),
            unused AS (
              DELETE FROM social.tag_days WHERE day = $1::date
              AND NOT EXISTS (SELECT FROM counted WHERE counted.tag = tag_days.tag))
       INSERT INTO social.tag_days AS known (tag, day, posts) SELECT tag, $1::date, posts FROM counted
       ON CONFLICT (tag, day) DO UPDATE SET posts = excluded.posts WHERE known.posts <> excluded.posts`,
      [dateOf(this.clock.now(), day)],
    );
  }
}
