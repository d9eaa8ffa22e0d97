import { Injectable } from '@nestjs/common';
import { NIL_UUID, NotFound, Rejection } from '@rookery/domain';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { Comment, type CommentState } from '../model/comment';

export const commentSchema = new EntitySchema<CommentState>({
  name: 'Comment',
  schema: 'social',
  tableName: 'comments',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    postId: { type: 'uuid', name: 'post_id' },
    authorId: { type: 'uuid', name: 'author_id' },
    content: { type: 'text' },
    createdAt: { type: 'timestamptz', precision: 3, name: 'created_at' },
    updatedAt: { type: 'timestamptz', precision: 3, name: 'updated_at' },
  },
});

/**
 * The comments on posts, and their count per post. They have no foreign key to the post: its deletion does not wait for
 * their removal, and reads of comments check that the post exists. Code that changes this count locks the post's row
 * before the comment's, as the deletion of a post does, to prevent deadlocks.
 */
@Injectable()
export class Comments extends Repository<CommentState, Comment> {
  protected readonly storedAs: StoredAs<CommentState, Comment> = {
    schema: commentSchema,
    restore: (state) => new Comment(state),
  };

  /** @throws Rejection `resource.not-found` if it is new and its post no longer exists */
  override async save(comment: Comment): Promise<void> {
    if (comment.storedVersion === 0) await this.count(comment.postId, 1);
    await super.save(comment);
  }

  /**
   * Loads a comment for {@link remove} and locks it and its post.
   *
   * @throws Rejection `resource.not-found`
   */
  async getForDelete(id: string): Promise<Comment> {
    const { postId } = await this.get(id);
    await this.lockPosts([postId]);
    return this.getLocked(id);
  }

  override async remove(comment: Comment): Promise<void> {
    await this.count(comment.postId, -1);
    await super.remove(comment);
  }

  /**
   * Removes a user's comments without raising events.
   *
   * @param limit maximum number of comments to remove
   * @returns number of removed comments
   */
  async eraseBy(authorId: string, limit: number): Promise<number> {
    const comments = await this.sql.rows<{ id: string; postId: string }>(
      'SELECT id, post_id AS "postId" FROM social.comments WHERE author_id = $1 LIMIT $2',
      [authorId, limit],
    );
    await this.lockPosts(comments.map(({ postId }) => postId));
    const row = await this.sql.row<{ removed: number }>(
      `WITH removed AS (DELETE FROM social.comments WHERE id = ANY ($1::uuid[]) RETURNING post_id),
            counted AS (
              UPDATE social.posts SET comments_count = comments_count - fewer
              FROM (SELECT post_id, count(*)::int AS fewer FROM removed GROUP BY post_id) each WHERE id = post_id)
       SELECT count(*)::int AS removed FROM removed`,
      [comments.map(({ id }) => id)],
    );
    return row!.removed;
  }

  /**
   * Removes comments of a post that was deleted, without raising events.
   *
   * @param limit maximum number of comments to remove
   * @returns number of removed comments; 0 if the post exists
   */
  removeOrphans(postId: string, limit: number): Promise<number> {
    return this.sql.execute(
      `DELETE FROM social.comments WHERE id IN (SELECT id FROM social.comments WHERE post_id = $1 LIMIT $2)
         AND NOT EXISTS (SELECT FROM social.posts WHERE id = $1)`,
      [postId, limit],
    );
  }

  /**
   * Removes comments whose posts were deleted, one batch at a time.
   *
   * @param after last id of the previous batch; null for the first
   * @param limit maximum comments to check
   * @returns last id of this batch; null if there are no more
   */
  async sweepOrphans(after: string | null, limit: number): Promise<string | null> {
    const rows = await this.sql.rows<{ id: string; orphaned: boolean }>(
      `SELECT id, NOT EXISTS (SELECT FROM social.posts WHERE posts.id = comment.post_id) AS orphaned
       FROM social.comments comment WHERE id > $1 ORDER BY id LIMIT $2`,
      [after ?? NIL_UUID, limit],
    );
    const orphans = rows.filter(({ orphaned }) => orphaned).map(({ id }) => id);
    if (orphans.length > 0)
      await this.sql.execute('DELETE FROM social.comments WHERE id = ANY ($1::uuid[])', [orphans]);
    return rows.at(-1)?.id ?? null;
  }

  private async lockPosts(ids: readonly string[]): Promise<void> {
    await this.sql.execute(
      'SELECT 1 FROM social.posts WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE',
      [ids],
    );
  }

  private async count(postId: string, change: 1 | -1): Promise<void> {
    const posts = await this.sql.execute(
      'UPDATE social.posts SET comments_count = comments_count + $2 WHERE id = $1',
      [postId, change],
    );
    if (posts === 0) throw new Rejection(NotFound);
  }
}
