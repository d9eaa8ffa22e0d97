import { Injectable } from '@nestjs/common';
import { NotFound, Rejection } from '@rookery/domain';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import type { Role } from '../contract';
import { Workspace, type WorkspaceState } from '../model/workspace';

/** The number of members is not part of the aggregate: `storage/members.ts` updates that column. */
export const workspaceSchema = new EntitySchema<WorkspaceState>({
  name: 'Workspace',
  schema: 'workspaces',
  tableName: 'workspaces',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    name: { type: 'text' },
    description: { type: 'text', nullable: true },
    personalOf: { type: 'uuid', name: 'personal_of', nullable: true },
    createdBy: { type: 'uuid', name: 'created_by', nullable: true },
    createdAt: { type: 'timestamptz', precision: 3, name: 'created_at' },
    updatedAt: { type: 'timestamptz', precision: 3, name: 'updated_at' },
  },
});

/** A locked workspace, and the role of the caller in it. */
export interface LockedWorkspace {
  workspace: Workspace;
  role: Role;
}

/** The workspaces of all users. */
@Injectable()
export class Workspaces extends Repository<WorkspaceState, Workspace> {
  protected readonly storedAs: StoredAs<WorkspaceState, Workspace> = {
    schema: workspaceSchema,
    restore: (state) => new Workspace(state),
  };

  /**
   * Loads a workspace for a change by one of its members, and locks it until the current transaction ends. This serializes
   * decisions that depend on its members. Users outside the workspace lock nothing.
   *
   * @throws Rejection `resource.not-found` unless the user is a member
   */
  async lockAs(userId: string, id: string): Promise<LockedWorkspace> {
    const member = 'SELECT role FROM workspaces.members WHERE workspace_id = $1 AND user_id = $2';
    const locked = await this.sql.row(
      `SELECT id FROM workspaces.workspaces WHERE id = $1 AND EXISTS (${member}) FOR NO KEY UPDATE`,
      [id, userId],
    );
    if (!locked) throw new Rejection(NotFound);
    // Read after the lock, because the member can have been removed while waiting for it.
    const [workspace, row] = await Promise.all([
      this.get(id),
      this.sql.row<{ role: Role }>(member, [id, userId]),
    ]);
    if (!row) throw new Rejection(NotFound);
    return { workspace, role: row.role };
  }

  /**
   * Locks a workspace until the current transaction ends, without checking members.
   *
   * @returns undefined if it does not exist
   */
  async findLocked(id: string): Promise<Workspace | undefined> {
    await this.sql.execute('SELECT 1 FROM workspaces.workspaces WHERE id = $1 FOR NO KEY UPDATE', [id]);
    return this.find({ id });
  }

  /**
   * Serializes the creation of workspaces by one user until the transaction ends.
   *
   * @returns number of existing shared workspaces that the user has created
   */
  async countCreatedBy(userId: string): Promise<number> {
    await this.sql.execute(`SELECT pg_advisory_xact_lock(hashtextextended('workspaces.created:' || $1, 0))`, [
      userId,
    ]);
    const row = await this.sql.row<{ count: number }>(
      `SELECT count(*)::int AS count FROM workspaces.workspaces WHERE created_by = $1 AND personal_of IS NULL`,
      [userId],
    );
    return row!.count;
  }

  /** @returns the personal workspace of a user; undefined if there is none yet */
  async personalOf(userId: string): Promise<string | undefined> {
    const row = await this.sql.row<{ id: string }>(
      'SELECT id FROM workspaces.workspaces WHERE personal_of = $1',
      [userId],
    );
    return row?.id;
  }
}
