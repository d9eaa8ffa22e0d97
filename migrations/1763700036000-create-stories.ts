import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Stories, what others do with them, and the rows of story feeds. Nothing references a story: removing one with a
 * million views would take seconds, and each view would lock its row. What belongs to it is removed in batches.
 */
export class CreateStories1763700036000 implements MigrationInterface {
  name = 'CreateStories1763700036000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE SCHEMA stories`);
    await runner.query(`
      CREATE TABLE stories.people (
        id uuid NOT NULL CONSTRAINT people_pkey PRIMARY KEY,
        version int NOT NULL,
        username text NOT NULL,
        name text NOT NULL,
        active boolean NOT NULL
      )`);
    // restricted: only those in audiences see it. highlights: number of highlights that hold it.
    await runner.query(`
      CREATE TABLE stories.stories (
        id uuid NOT NULL CONSTRAINT stories_pkey PRIMARY KEY,
        version int NOT NULL,
        author_id uuid NOT NULL,
        text text,
        media_key text,
        visibility text NOT NULL CONSTRAINT stories_visibility_check CHECK (visibility IN ('public', 'friends', 'private')),
        restricted boolean NOT NULL,
        highlights int NOT NULL DEFAULT 0,
        created_at timestamptz(3) NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        ended_at timestamptz(3),
        deleted_at timestamptz(3),
        CONSTRAINT stories_content_check CHECK (text IS NOT NULL OR media_key IS NOT NULL),
        CONSTRAINT stories_restricted_check CHECK (visibility = 'friends' OR NOT restricted)
      ) WITH (fillfactor = 90)`);
    await runner.query(
      `CREATE INDEX stories_author_idx ON stories.stories (author_id, created_at DESC, id DESC)`,
    );
    await runner.query(`
      CREATE INDEX stories_public_idx ON stories.stories (created_at DESC, id DESC)
      WHERE visibility = 'public' AND ended_at IS NULL`);
    await runner.query(`
      CREATE INDEX stories_friends_idx ON stories.stories (author_id, created_at DESC, id DESC)
      WHERE visibility = 'friends' AND NOT restricted AND ended_at IS NULL`);
    await runner.query(
      `CREATE INDEX stories_open_idx ON stories.stories (expires_at) WHERE ended_at IS NULL`,
    );
    await runner.query(
      `CREATE INDEX stories_deleted_idx ON stories.stories (deleted_at) WHERE deleted_at IS NOT NULL`,
    );
    await runner.query(`
      CREATE TABLE stories.audiences (
        story_id uuid NOT NULL,
        user_id uuid NOT NULL,
        CONSTRAINT audiences_pkey PRIMARY KEY (story_id, user_id)
      )`);
    await runner.query(`CREATE INDEX audiences_user_idx ON stories.audiences (user_id)`);
    await runner.query(`
      CREATE TABLE stories.story_views (
        story_id uuid NOT NULL,
        viewer_id uuid NOT NULL,
        story_author_id uuid NOT NULL,
        viewed_at timestamptz(3) NOT NULL,
        CONSTRAINT story_views_pkey PRIMARY KEY (story_id, viewer_id)
      )`);
    await runner.query(
      `CREATE INDEX story_views_story_idx ON stories.story_views (story_id, viewed_at DESC, viewer_id DESC)`,
    );
    await runner.query(
      `CREATE INDEX story_views_author_idx ON stories.story_views (story_author_id, viewed_at, viewer_id)`,
    );
    await runner.query(`CREATE INDEX story_views_viewer_idx ON stories.story_views (viewer_id, story_id)`);
    await runner.query(`
      CREATE TABLE stories.reactions (
        id uuid NOT NULL CONSTRAINT reactions_pkey PRIMARY KEY,
        version int NOT NULL,
        story_id uuid NOT NULL,
        story_author_id uuid NOT NULL,
        user_id uuid NOT NULL,
        emoji text NOT NULL,
        reacted_at timestamptz(3) NOT NULL,
        CONSTRAINT reactions_once_key UNIQUE (story_id, user_id, emoji)
      )`);
    await runner.query(
      `CREATE INDEX reactions_author_idx ON stories.reactions (story_author_id, reacted_at, emoji)`,
    );
    await runner.query(`CREATE INDEX reactions_user_idx ON stories.reactions (user_id, id)`);
    await runner.query(`
      CREATE TABLE stories.replies (
        id uuid NOT NULL CONSTRAINT replies_pkey PRIMARY KEY,
        version int NOT NULL,
        story_id uuid NOT NULL,
        story_author_id uuid NOT NULL,
        author_id uuid NOT NULL,
        text text NOT NULL,
        created_at timestamptz(3) NOT NULL
      )`);
    await runner.query(
      `CREATE INDEX replies_story_idx ON stories.replies (story_id, created_at DESC, id DESC)`,
    );
    await runner.query(`CREATE INDEX replies_story_author_idx ON stories.replies (story_author_id)`);
    await runner.query(`CREATE INDEX replies_author_idx ON stories.replies (author_id, id)`);
    // kind: views, replies, or an emoji.
    await runner.query(`
      CREATE TABLE stories.response_counts (
        story_id uuid NOT NULL,
        kind text NOT NULL,
        count int NOT NULL,
        CONSTRAINT response_counts_pkey PRIMARY KEY (story_id, kind)
      ) WITH (fillfactor = 70)`);
    // Appended by whoever responds to a story, and folded into the counts by the worker.
    await runner.query(`
      CREATE TABLE stories.response_changes (
        id bigint NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT response_changes_pkey PRIMARY KEY,
        story_id uuid NOT NULL,
        kind text NOT NULL,
        change int NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE stories.highlights (
        id uuid NOT NULL CONSTRAINT highlights_pkey PRIMARY KEY,
        version int NOT NULL,
        owner_id uuid NOT NULL,
        name text NOT NULL,
        story_ids uuid[] NOT NULL,
        created_at timestamptz(3) NOT NULL
      )`);
    await runner.query(
      `CREATE INDEX highlights_owner_idx ON stories.highlights (owner_id, created_at DESC, id DESC)`,
    );
    // A row for each reader of a followed author's story.
    await runner.query(`
      CREATE TABLE stories.feed_items (
        user_id uuid NOT NULL,
        story_id uuid NOT NULL,
        author_id uuid NOT NULL,
        created_at timestamptz(3) NOT NULL,
        friends_only boolean NOT NULL,
        CONSTRAINT feed_items_pkey PRIMARY KEY (user_id, created_at, story_id)
      )`);
    await runner.query(`
      CREATE INDEX feed_items_friends_idx ON stories.feed_items (user_id, created_at DESC, story_id DESC)
      WHERE friends_only`);
    await runner.query(`CREATE INDEX feed_items_story_idx ON stories.feed_items (story_id)`);
    await runner.query(`CREATE INDEX feed_items_author_idx ON stories.feed_items (author_id, user_id)`);
    await runner.query(`
      CREATE TABLE stories.merged_authors (
        author_id uuid NOT NULL CONSTRAINT merged_authors_pkey PRIMARY KEY
      )`);
    await runner.query(`
      CREATE TABLE stories.merged_follows (
        user_id uuid NOT NULL,
        author_id uuid NOT NULL,
        CONSTRAINT merged_follows_pkey PRIMARY KEY (user_id, author_id)
      )`);
    await runner.query(`CREATE INDEX merged_follows_author_idx ON stories.merged_follows (author_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP SCHEMA stories CASCADE`);
  }
}
