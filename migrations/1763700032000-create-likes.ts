import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Likes of posts and their numbers. A like references no post: deleting a post with a million likes would take seconds,
 * and each like would lock the post's row. The worker removes likes of deleted posts.
 */
export class CreateLikes1763700032000 implements MigrationInterface {
  name = 'CreateLikes1763700032000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE social.likes (
        id uuid NOT NULL CONSTRAINT likes_pkey PRIMARY KEY,
        version int NOT NULL,
        post_id uuid NOT NULL,
        user_id uuid NOT NULL,
        liked_at timestamptz(3) NOT NULL,
        CONSTRAINT likes_pair_key UNIQUE (post_id, user_id)
      )`);
    await runner.query(`CREATE INDEX likes_post_idx ON social.likes (post_id, liked_at DESC, user_id DESC)`);
    await runner.query(`CREATE INDEX likes_user_idx ON social.likes (user_id, id)`);
    await runner.query(`
      CREATE TABLE social.like_counts (
        post_id uuid NOT NULL CONSTRAINT like_counts_pkey PRIMARY KEY,
        likes int NOT NULL
      ) WITH (fillfactor = 70)`);
    // Appended by whoever changes likes, and folded into the counts by the worker.
    await runner.query(`
      CREATE TABLE social.like_changes (
        id bigint NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT like_changes_pkey PRIMARY KEY,
        post_id uuid NOT NULL,
        change int NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE social.like_changes, social.like_counts, social.likes`);
  }
}
