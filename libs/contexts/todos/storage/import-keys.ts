import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';

/** Maps the ids in imported files to todos. Only hashes are stored, because ids of other programs can contain names. */
@Injectable()
export class ImportKeys {
  constructor(private readonly sql: Sql) {}

  /**
   * Prevents other imports into the workspace until the current transaction ends. If two users import the same file, the
   * second import finds the todos of the first.
   */
  async lock(workspaceId: string): Promise<void> {
    await this.sql.execute(`SELECT pg_advisory_xact_lock(hashtextextended('todos.import:' || $1, 0))`, [
      workspaceId,
    ]);
  }

  /** @returns ids of todos of a workspace, by key; unknown keys are left out */
  async find(workspaceId: string, keys: readonly string[]): Promise<Map<string, string>> {
    if (keys.length === 0) return new Map();
    const rows = await this.sql.rows<{ key: Buffer; todoId: string }>(
      'SELECT key, todo_id AS "todoId" FROM todos.import_keys WHERE workspace_id = $1 AND key = ANY ($2::bytea[])',
      [workspaceId, keys.map(hashOf)],
    );
    const ids = new Map(rows.map(({ key, todoId }) => [key.toString('hex'), todoId]));
    return new Map(
      keys.flatMap((key) => {
        const id = ids.get(hashOf(key).toString('hex'));
        return id === undefined ? [] : [[key, id] as const];
      }),
    );
  }

  /** @param keys of new todos, by id */
  async add(workspaceId: string, keys: ReadonlyMap<string, string>): Promise<void> {
    if (keys.size === 0) return;
    await this.sql.execute(
      `INSERT INTO todos.import_keys (workspace_id, key, todo_id)
       SELECT $1, key, todo_id FROM unnest($2::bytea[], $3::uuid[]) AS row (key, todo_id)`,
      [workspaceId, [...keys.values()].map(hashOf), [...keys.keys()]],
    );
  }
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
