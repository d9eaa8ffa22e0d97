import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Comments do not go with their post in one statement, of any length: the worker removes them in batches. */
export class KeepCommentsOfDeletedPosts1763700090000 implements MigrationInterface {
  name = 'KeepCommentsOfDeletedPosts1763700090000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE social.comments DROP CONSTRAINT comments_post_id_fkey');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DELETE FROM social.comments comment
      WHERE NOT EXISTS (SELECT FROM social.posts WHERE id = comment.post_id)`);
    await runner.query(`
      ALTER TABLE social.comments ADD CONSTRAINT comments_post_id_fkey
        FOREIGN KEY (post_id) REFERENCES social.posts (id) ON DELETE CASCADE`);
  }
}
