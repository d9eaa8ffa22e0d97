import { Injectable } from '@nestjs/common';
import { NIL_UUID } from '@rookery/domain';
import { FoldedCounts } from '@rookery/persistence';

/** Maximum likes of deleted posts to remove per fold. */
const BATCH_SIZE = 10_000;
/** Posts to recount at once. Small, because a single post can have very many likes. */
const RECOUNT_MAX = 100;

/** The number of likes of each post. */
@Injectable()
export class LikeCounts extends FoldedCounts {
  protected readonly lockName = 'social.like-counts';
  protected readonly changes = 'social.like_changes';

  /** Makes {@link fold} remove the likes of a deleted post. */
  forget(postId: string): void {
    this.sql.send('INSERT INTO social.like_changes (post_id, change) VALUES ($1, 0)', [postId]);
  }

  /** Removes likes of deleted posts, including likes during the deletion: the changes show which posts to check. */
  protected override async apply(take: (columns: string) => string): Promise<void> {
    const gone = await this.sql.rows<{ id: string }>(
      `WITH taken AS (${take('post_id, change')}), sums AS (
         SELECT post_id, sum(change)::int AS change,
                EXISTS (SELECT FROM social.posts WHERE id = post_id) AS present
         FROM taken GROUP BY post_id
       ), updated AS (
         UPDATE social.like_counts counted SET likes = greatest(counted.likes + sums.change, 0)
         FROM sums WHERE sums.present AND counted.post_id = sums.post_id RETURNING counted.post_id
       ), inserted AS (
         INSERT INTO social.like_counts (post_id, likes)
         SELECT post_id, change FROM sums
         WHERE present AND change > 0 AND NOT EXISTS (SELECT FROM updated WHERE updated.post_id = sums.post_id)
       )
       SELECT post_id AS id FROM sums WHERE NOT present`,
    );
    if (gone.length > 0) await this.remove(gone.map(({ id }) => id));
  }

  /**
   * Recounts the likes of some posts.
   *
   * @param after last post of the previous batch; null for the first
   * @param limit maximum number of posts
   * @returns last post of this batch; null if there are no more
   */
  async recount(after: string | null, limit: number): Promise<string | null> {
    await this.lock();
    const posts = await this.sql.rows<{ id: string }>(
      `WITH RECURSIVE walk AS (
         SELECT $1::uuid AS id, 0 AS number
         UNION ALL
         SELECT least((SELECT post_id FROM social.likes WHERE post_id > walk.id ORDER BY post_id LIMIT 1),
                      (SELECT post_id FROM social.like_counts WHERE post_id > walk.id ORDER BY post_id LIMIT 1)),
                number + 1
         FROM walk WHERE id IS NOT NULL AND number < $2
       )
       SELECT id FROM walk WHERE number > 0 AND id IS NOT NULL ORDER BY number`,
      [after ?? NIL_UUID, Math.min(limit, RECOUNT_MAX)],
    );
    // One statement, so that exactly the changes of the counted likes are discarded.
    await this.sql.execute(
      `WITH dropped AS (DELETE FROM social.like_changes WHERE post_id = ANY ($1::uuid[])),
            counted AS (
              SELECT post_id, count(*)::int AS likes FROM social.likes WHERE post_id = ANY ($1::uuid[]) GROUP BY post_id),
            unliked AS (
              DELETE FROM social.like_counts WHERE post_id = ANY ($1::uuid[])
              AND NOT EXISTS (SELECT FROM counted WHERE counted.post_id = like_counts.post_id)),
            gone AS (
              INSERT INTO social.like_changes (post_id, change)
              SELECT id, 0 FROM unnest($1::uuid[]) AS post (id)
              WHERE NOT EXISTS (SELECT FROM social.posts WHERE posts.id = post.id))
       INSERT INTO social.like_counts AS known (post_id, likes) SELECT post_id, likes FROM counted
       ON CONFLICT (post_id) DO UPDATE SET likes = excluded.likes WHERE known.likes <> excluded.likes`,
      [posts.map(({ id }) => id)],
    );
    return posts.at(-1)?.id ?? null;
  }

  /** Removes a limited number of likes of deleted posts; the next {@link fold} removes the rest. */
  private async remove(posts: readonly string[]): Promise<void> {
    const removed = await this.sql.execute(
      `DELETE FROM social.likes WHERE id IN (
         SELECT id FROM social.likes WHERE post_id = ANY ($1::uuid[]) LIMIT ${BATCH_SIZE})`,
      [posts],
    );
    if (removed === BATCH_SIZE) posts.forEach((id) => this.forget(id));
    else await this.sql.execute('DELETE FROM social.like_counts WHERE post_id = ANY ($1::uuid[])', [posts]);
  }
}
