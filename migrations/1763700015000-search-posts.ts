import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Index to find the newest posts that contain a common word. */
export class SearchPosts1763700015000 implements MigrationInterface {
  name = 'SearchPosts1763700015000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE INDEX posts_created_idx ON social.posts (created_at DESC, id DESC)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX social.posts_created_idx`);
  }
}
