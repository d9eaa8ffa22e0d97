import { Injectable } from '@nestjs/common';
import { Clock, Rejection } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import {
  MAX_TAGS,
  type Membership,
  Memberships,
  type Role,
  type WorkspaceMember,
  type WorkspaceTag,
} from '../contract';
import { verifyWriter } from '../model/member';
import { TooManyTags } from '../model/rejections';
import { Tag } from '../model/tag';
import { Tags } from '../storage/tags';
import { Workspaces } from '../storage/workspaces';
import { PersonalWorkspaces } from './personal-workspaces';

const SELECT_TAGS = 'SELECT id, name FROM workspaces.tags WHERE workspace_id = $1 AND id = ANY ($2::uuid[])';

/** Who is in which workspace, for other contexts. */
@Injectable()
export class StoredMemberships extends Memberships {
  constructor(
    private readonly clock: Clock,
    private readonly personal: PersonalWorkspaces,
    private readonly sql: Sql,
    private readonly tags: Tags,
    private readonly workspaces: Workspaces,
  ) {
    super();
  }

  override async roleOf(userId: string, workspaceId: string): Promise<Role | null> {
    const row = await this.sql.row<{ role: Role }>(
      'SELECT role FROM workspaces.members WHERE workspace_id = $1 AND user_id = $2',
      [workspaceId, userId],
    );
    return row?.role ?? null;
  }

  override async lockRole(userId: string, workspaceId: string): Promise<Role | null> {
    return (await this.lockRoles([userId], workspaceId)).get(userId) ?? null;
  }

  /**
   * Locks the workspace before its members, in the same order as its deletion. `FOR KEY SHARE` on the workspace lets its
   * other members change meanwhile. `FOR SHARE` on the given members prevents that they change.
   */
  override async lockRoles(userIds: readonly string[], workspaceId: string): Promise<Map<string, Role>> {
    const rows = await this.sql.rows<{ userId: string; role: Role }>(
      `WITH room AS MATERIALIZED (SELECT id FROM workspaces.workspaces WHERE id = $1 FOR KEY SHARE)
       SELECT member.user_id AS "userId", member.role
       FROM room JOIN workspaces.members member ON member.workspace_id = room.id
       WHERE member.user_id = ANY ($2::uuid[]) ORDER BY member.user_id FOR SHARE OF member`,
      [workspaceId, userIds],
    );
    return new Map(rows.map(({ userId, role }) => [userId, role]));
  }

  override workspacesOf(userId: string): Promise<Membership[]> {
    return this.sql.rows<Membership & Record<string, unknown>>(
      'SELECT workspace_id AS "workspaceId", role FROM workspaces.members WHERE user_id = $1',
      [userId],
    );
  }

  override async workspacesOfAll(userIds: readonly string[]): Promise<Map<string, Set<string>>> {
    if (userIds.length === 0) return new Map();
    const rows = await this.sql.rows<{ userId: string; ids: string[] }>(
      `SELECT user_id AS "userId", array_agg(workspace_id) AS ids FROM workspaces.members
       WHERE user_id = ANY ($1::uuid[]) GROUP BY user_id`,
      [userIds],
    );
    return new Map(rows.map(({ userId, ids }) => [userId, new Set(ids)]));
  }

  override membersOf(workspaceId: string): Promise<WorkspaceMember[]> {
    return this.sql.rows<WorkspaceMember & Record<string, unknown>>(
      `SELECT member.user_id AS "userId", member.role
       FROM workspaces.members member JOIN workspaces.people person ON person.id = member.user_id
       WHERE member.workspace_id = $1 AND person.active`,
      [workspaceId],
    );
  }

  override personalOf(userId: string): Promise<string> {
    return this.personal.of(userId);
  }

  override tagsOf(workspaceId: string, tagIds: readonly string[]): Promise<WorkspaceTag[]> {
    return this.sql.rows<WorkspaceTag & Record<string, unknown>>(SELECT_TAGS, [workspaceId, tagIds]);
  }

  override lockTags(workspaceId: string, tagIds: readonly string[]): Promise<WorkspaceTag[]> {
    return this.sql.rows<WorkspaceTag & Record<string, unknown>>(`${SELECT_TAGS} FOR KEY SHARE`, [
      workspaceId,
      tagIds,
    ]);
  }

  override allTagsOf(workspaceId: string): Promise<WorkspaceTag[]> {
    return this.sql.rows<WorkspaceTag & Record<string, unknown>>(
      'SELECT id, name FROM workspaces.tags WHERE workspace_id = $1',
      [workspaceId],
    );
  }

  override async createTags(userId: string, workspaceId: string, names: readonly string[]): Promise<void> {
    const { role } = await this.workspaces.lockAs(userId, workspaceId);
    verifyWriter(role);
    const present = await this.allTagsOf(workspaceId);
    const taken = new Set(present.map(({ name }) => name.toLowerCase()));
    const missing = new Map(names.map((name) => [name.toLowerCase(), name]));
    for (const name of taken) missing.delete(name);
    if (present.length + missing.size > MAX_TAGS) throw new Rejection(TooManyTags);
    const now = this.clock.now();
    await this.tags.saveAll([...missing.values()].map((name) => Tag.create(workspaceId, name, now)));
  }
}
