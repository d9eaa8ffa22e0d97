import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Secret addresses at which calendars read the todos of a user; only a hash of each is stored. */
export class FeedCalendars1763700042300 implements MigrationInterface {
  name = 'FeedCalendars1763700042300';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE todos.calendar_feeds (
        user_id uuid NOT NULL CONSTRAINT calendar_feeds_pkey PRIMARY KEY,
        token_hash bytea NOT NULL CONSTRAINT calendar_feeds_token_hash_key UNIQUE,
        created_at timestamptz(3) NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE todos.calendar_feeds`);
  }
}
