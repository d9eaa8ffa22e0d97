import { Injectable } from '@nestjs/common';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { Like, type LikeState } from '../model/like';

export const likeSchema = new EntitySchema<LikeState>({
  name: 'Like',
  schema: 'social',
  tableName: 'likes',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    postId: { type: 'uuid', name: 'post_id' },
    userId: { type: 'uuid', name: 'user_id' },
    likedAt: { type: 'timestamptz', precision: 3, name: 'liked_at' },
  },
});

/**
 * Who likes which post. Each change appends a row to `like_changes`, from which `storage/like-counts.ts` maintains the
 * counts, so that likes of one post do not wait for each other.
 */
@Injectable()
export class Likes extends Repository<LikeState, Like> {
  protected readonly storedAs: StoredAs<LikeState, Like> = {
    schema: likeSchema,
    restore: (state) => new Like(state),
  };

  /**
   * Locks the combination of user and post until the current transaction ends.
   *
   * @returns the user's like of the post; undefined if there is none
   */
  async lockOf(postId: string, userId: string): Promise<Like | undefined> {
    this.sql.send(
      `SELECT pg_advisory_xact_lock(hashtextextended('social.like:' || $1::text || $2::text, 0))`,
      [postId, userId],
    );
    return this.find({ postId, userId });
  }

  override async save(like: Like): Promise<void> {
    this.count(like.postId, 1);
    await super.save(like);
  }

  override async remove(like: Like): Promise<void> {
    this.count(like.postId, -1);
    await super.remove(like);
  }

  /**
   * Removes a user's likes without raising events.
   *
   * @param limit maximum number of likes to remove
   * @returns number of removed likes
   */
  async eraseBy(userId: string, limit: number): Promise<number> {
    const row = await this.sql.row<{ removed: number }>(
      `WITH removed AS (
         DELETE FROM social.likes WHERE id IN (SELECT id FROM social.likes WHERE user_id = $1 LIMIT $2)
         RETURNING post_id
       ), changed AS (INSERT INTO social.like_changes (post_id, change) SELECT post_id, -1 FROM removed)
       SELECT count(*)::int AS removed FROM removed`,
      [userId, limit],
    );
    return row!.removed;
  }

  private count(postId: string, change: 1 | -1): void {
    this.sql.send('INSERT INTO social.like_changes (post_id, change) VALUES ($1, $2)', [postId, change]);
  }
}
