import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The posts of each tag, newest first, and how many there are of each day. `npm run rebuild` fills them. */
export class ProjectTags1763700032100 implements MigrationInterface {
  name = 'ProjectTags1763700032100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE social.post_tags (
        tag text NOT NULL,
        created_at timestamptz(3) NOT NULL,
        post_id uuid NOT NULL,
        CONSTRAINT post_tags_pkey PRIMARY KEY (tag, created_at, post_id)
      )`);
    await runner.query(`CREATE INDEX post_tags_post_idx ON social.post_tags (post_id)`);
    // To count a day anew. Rows are inserted in about the order of time.
    await runner.query(`CREATE INDEX post_tags_created_idx ON social.post_tags USING brin (created_at)`);
    await runner.query(`
      CREATE TABLE social.tag_days (
        tag text NOT NULL,
        day date NOT NULL,
        posts int NOT NULL,
        CONSTRAINT tag_days_pkey PRIMARY KEY (tag, day)
      )`);
    await runner.query(`CREATE INDEX tag_days_top_idx ON social.tag_days (day, posts DESC, tag)`);
    await runner.query(`CREATE INDEX tag_days_prefix_idx ON social.tag_days (day, tag text_pattern_ops)`);
    // Appended with post_tags, and folded into tag_days by the worker.
    await runner.query(`
      CREATE TABLE social.tag_changes (
        id bigint NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT tag_changes_pkey PRIMARY KEY,
        tag text NOT NULL,
        day date NOT NULL,
        change int NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE social.tag_changes, social.tag_days, social.post_tags`);
  }
}
