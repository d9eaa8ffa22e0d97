import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Indexes to find users whose names begin with a text without a trigram, and the newest visible users. */
export class SearchUsersByPrefix1763700018000 implements MigrationInterface {
  name = 'SearchUsersByPrefix1763700018000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE INDEX users_active_idx ON identity.users (id) WHERE status = 'active'`);
    // Byte order, independent of the database's collation, so that a prefix is a range.
    await runner.query(`
      CREATE INDEX users_username_prefix_idx ON identity.users (lower(username) text_pattern_ops)
      WHERE status = 'active'`);
    await runner.query(`
      CREATE INDEX users_name_prefix_idx ON identity.users (lower(name) text_pattern_ops)
      WHERE status = 'active'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX identity.users_active_idx, identity.users_username_prefix_idx, identity.users_name_prefix_idx`);
  }
}
