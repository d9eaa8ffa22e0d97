import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds the newest posts that hold a word that many hold. */
export class SearchPosts1763700015000 implements MigrationInterface {
  name = 'SearchPosts1763700015000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE INDEX posts_created_idx ON social.posts (created_at DESC, id DESC)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX social.posts_created_idx`);
  }
}
