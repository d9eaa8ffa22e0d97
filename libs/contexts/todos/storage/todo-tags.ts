import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';

/** A tag of a workspace with its name. Tags are never renamed. */
export interface NamedTag {
  id: string;
  name: string;
}

/** Which todos have which tags. Callers lock the todo before they change its tags. */
@Injectable()
export class TodoTags {
  constructor(private readonly sql: Sql) {}

  /** Adds tags to a todo. @returns whether it did not have them before */
  async add(todoId: string, workspaceId: string, tags: readonly NamedTag[]): Promise<boolean> {
    const added = await this.sql.execute(
      `INSERT INTO todos.todo_tags (todo_id, workspace_id, tag_id, name)
       SELECT $1, $2, id, name FROM unnest($3::uuid[], $4::text[]) AS tag (id, name) ON CONFLICT DO NOTHING`,
      [todoId, workspaceId, tags.map(({ id }) => id), tags.map(({ name }) => name)],
    );
    return added > 0;
  }

  /** @returns the number of tags of a todo */
  async countOf(todoId: string): Promise<number> {
    const row = await this.sql.row<{ count: number }>(
      'SELECT count(*)::int AS count FROM todos.todo_tags WHERE todo_id = $1',
      [todoId],
    );
    return row!.count;
  }

  /** @returns whether the todo had the tag */
  async remove(todoId: string, tagId: string): Promise<boolean> {
    return (
      (await this.sql.execute('DELETE FROM todos.todo_tags WHERE todo_id = $1 AND tag_id = $2', [
        todoId,
        tagId,
      ])) > 0
    );
  }

  /** @returns names of the tags of todos, by the id of the todo; todos without tags are left out */
  async namesOf(todoIds: readonly string[]): Promise<Map<string, string[]>> {
    if (todoIds.length === 0) return new Map();
    const rows = await this.sql.rows<{ todoId: string; names: string[] }>(
      `SELECT todo_id AS "todoId", array_agg(name) AS names FROM todos.todo_tags
       WHERE todo_id = ANY ($1::uuid[]) GROUP BY todo_id`,
      [todoIds],
    );
    return new Map(rows.map(({ todoId, names }) => [todoId, names]));
  }

  /**
   * Replaces the tags of todos.
   *
   * @param names names of the new tags, by the id of the todo
   * @param tags the tags, by name in lower case; unknown names are left out
   */
  async replaceAll(
    workspaceId: string,
    names: ReadonlyMap<string, readonly string[]>,
    tags: ReadonlyMap<string, NamedTag>,
  ): Promise<void> {
    const pairs = [...names].flatMap(([todoId, all]) =>
      all.flatMap((name) => {
        const tag = tags.get(name.toLowerCase());
        return tag ? [{ todoId, ...tag }] : [];
      }),
    );
    await this.sql.execute('DELETE FROM todos.todo_tags WHERE todo_id = ANY ($1::uuid[])', [
      [...names.keys()],
    ]);
    await this.sql.execute(
      `INSERT INTO todos.todo_tags (todo_id, workspace_id, tag_id, name)
       SELECT todo_id, $1, tag_id, name FROM unnest($2::uuid[], $3::uuid[], $4::text[]) AS tag (todo_id, tag_id, name)`,
      [
        workspaceId,
        pairs.map(({ todoId }) => todoId),
        pairs.map(({ id }) => id),
        pairs.map(({ name }) => name),
      ],
    );
  }

  /** Copies the tags of a todo to a new todo of the current transaction. */
  copy(fromId: string, toId: string): void {
    this.sql.send(
      `INSERT INTO todos.todo_tags (todo_id, workspace_id, tag_id, name)
       SELECT $2::uuid, workspace_id, tag_id, name FROM todos.todo_tags WHERE todo_id = $1::uuid`,
      [fromId, toId],
    );
  }

  /**
   * Removes a deleted tag from todos.
   *
   * @param limit maximum number of todos
   * @returns number of todos that had the tag
   */
  removeEverywhere(tagId: string, limit: number): Promise<number> {
    return this.sql.execute(
      `DELETE FROM todos.todo_tags WHERE tag_id = $1
         AND todo_id IN (SELECT todo_id FROM todos.todo_tags WHERE tag_id = $1 LIMIT $2)`,
      [tagId, limit],
    );
  }
}
