import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Whose todos they are says much about where they are. A planner that does not know it expects few todos of an assignee
 * in a workspace, and sorts all of theirs instead of reading a page in order.
 */
export class RelateAssigneesToWorkspaces1763700048000 implements MigrationInterface {
  name = 'RelateAssigneesToWorkspaces1763700048000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE STATISTICS todos.todos_people (dependencies) ON workspace_id, responsible_id, assignee_id FROM todos.todos',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP STATISTICS todos.todos_people');
  }
}
