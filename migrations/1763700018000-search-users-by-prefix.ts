import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds those whose names begin with a text that holds no trigram, and the newest of those who can be seen. */
export class SearchUsersByPrefix1763700018000 implements MigrationInterface {
  name = 'SearchUsersByPrefix1763700018000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE INDEX users_active_idx ON identity.users (id) WHERE status = 'active'`);
    // Whatever the collation of the database: byte by byte, so that a prefix is a range.
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
