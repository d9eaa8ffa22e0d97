import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How many posts, followers and followed users each user has, and which follows and posts are in these numbers. The
 * worker counts what happens from now on; `npm run rebuild -- social.project-counts` counts what there is.
 */
export class CountProfiles1763700031000 implements MigrationInterface {
  name = 'CountProfiles1763700031000';

  async up(runner: QueryRunner): Promise<void> {
    // Several rows of a user, to add up: their number is what was changed at once. Space for updates on the same page.
    await runner.query(`
      CREATE TABLE social.profile_counts (
        user_id uuid NOT NULL,
        slot bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
        posts int NOT NULL,
        followers int NOT NULL,
        following int NOT NULL,
        CONSTRAINT profile_counts_pkey PRIMARY KEY (user_id, slot)
      ) WITH (fillfactor = 70)`);
    await runner.query(`
      CREATE TABLE social.counted_follows (
        user_id uuid NOT NULL,
        other_id uuid NOT NULL,
        CONSTRAINT counted_follows_pkey PRIMARY KEY (user_id, other_id)
      )`);
    await runner.query(
      `CREATE INDEX counted_follows_other_idx ON social.counted_follows (other_id, user_id)`,
    );
    await runner.query(`
      CREATE TABLE social.counted_posts (
        post_id uuid NOT NULL CONSTRAINT counted_posts_pkey PRIMARY KEY,
        author_id uuid NOT NULL
      )`);
    await runner.query(`CREATE INDEX counted_posts_author_idx ON social.counted_posts (author_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE social.profile_counts, social.counted_follows, social.counted_posts`);
  }
}
