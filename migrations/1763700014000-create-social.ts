import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Relationships, posts, comments and feeds. Times have milliseconds, the precision of cursors. */
export class CreateSocial1763700014000 implements MigrationInterface {
  name = 'CreateSocial1763700014000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE SCHEMA social`);
    await runner.query(`
      CREATE TABLE social.people (
        id uuid NOT NULL CONSTRAINT people_pkey PRIMARY KEY,
        version int NOT NULL,
        username text NOT NULL,
        name text NOT NULL,
        active boolean NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE social.relationships (
        id uuid NOT NULL CONSTRAINT relationships_pkey PRIMARY KEY,
        version int NOT NULL,
        user_id uuid NOT NULL,
        other_id uuid NOT NULL,
        followed_at timestamptz(3),
        blocked_at timestamptz(3),
        muted_at timestamptz(3),
        CONSTRAINT relationships_pair_key UNIQUE (user_id, other_id),
        CONSTRAINT relationships_self_check CHECK (user_id <> other_id),
        CONSTRAINT relationships_block_check CHECK (blocked_at IS NULL OR followed_at IS NULL)
      )`);
    await runner.query(`
      CREATE INDEX relationships_following_idx ON social.relationships (user_id, followed_at DESC, other_id DESC)
      WHERE followed_at IS NOT NULL`);
    await runner.query(`
      CREATE INDEX relationships_followers_idx ON social.relationships (other_id, followed_at DESC, user_id DESC)
      WHERE followed_at IS NOT NULL`);
    await runner.query(`
      CREATE INDEX relationships_blocked_idx ON social.relationships (other_id) WHERE blocked_at IS NOT NULL`);
    await runner.query(`
      CREATE TABLE social.posts (
        id uuid NOT NULL CONSTRAINT posts_pkey PRIMARY KEY,
        version int NOT NULL,
        author_id uuid NOT NULL,
        title text NOT NULL,
        content text NOT NULL,
        tags text[] NOT NULL,
        comments_count int NOT NULL DEFAULT 0 CONSTRAINT posts_comments_count_check CHECK (comments_count >= 0),
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        search tsvector NOT NULL GENERATED ALWAYS AS (
          setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('simple', content), 'B')) STORED
      ) WITH (fillfactor = 90)`);
    await runner.query(`CREATE INDEX posts_author_idx ON social.posts (author_id, created_at DESC, id DESC)`);
    await runner.query(`CREATE INDEX posts_search_idx ON social.posts USING gin (search)`);
    await runner.query(`CREATE INDEX posts_tags_idx ON social.posts USING gin (tags)`);
    await runner.query(`
      CREATE TABLE social.comments (
        id uuid NOT NULL CONSTRAINT comments_pkey PRIMARY KEY,
        version int NOT NULL,
        post_id uuid NOT NULL CONSTRAINT comments_post_id_fkey REFERENCES social.posts (id) ON DELETE CASCADE,
        author_id uuid NOT NULL,
        content text NOT NULL,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL
      )`);
    await runner.query(
      `CREATE INDEX comments_post_idx ON social.comments (post_id, created_at DESC, id DESC)`,
    );
    await runner.query(`CREATE INDEX comments_author_idx ON social.comments (author_id)`);
    // Fan-out on write: a row for each follower of an author, except for the authors in merged_authors.
    await runner.query(`
      CREATE TABLE social.feed_items (
        user_id uuid NOT NULL,
        created_at timestamptz(3) NOT NULL,
        post_id uuid NOT NULL,
        author_id uuid NOT NULL,
        CONSTRAINT feed_items_pkey PRIMARY KEY (user_id, created_at, post_id) INCLUDE (author_id)
      )`);
    await runner.query(`CREATE INDEX feed_items_post_idx ON social.feed_items (post_id)`);
    await runner.query(`
      CREATE TABLE social.merged_authors (
        author_id uuid NOT NULL CONSTRAINT merged_authors_pkey PRIMARY KEY
      )`);
    await runner.query(`
      CREATE TABLE social.merged_follows (
        user_id uuid NOT NULL,
        author_id uuid NOT NULL,
        CONSTRAINT merged_follows_pkey PRIMARY KEY (user_id, author_id)
      )`);
    await runner.query(`CREATE INDEX merged_follows_author_idx ON social.merged_follows (author_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP SCHEMA social CASCADE`);
  }
}
