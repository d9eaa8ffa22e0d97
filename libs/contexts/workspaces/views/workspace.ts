import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { NotFound, Rejection } from '@rookery/domain';
import { NEWEST, type Position, Sql } from '@rookery/persistence';
import { Field, type Keyset, type ListQuery, type Page, paged } from '@rookery/web';
import { type Role, ROLES } from '../contract';

/** Field options of name and description. */
export const WORKSPACE = {
  name: { max: 100, description: 'Name. Invite mails contain it.', example: 'Spring count' },
  description: {
    max: 500,
    trim: true,
    description: 'Purpose of the workspace.',
    example: 'Who counts what, and when.',
  },
};

/** Field options of a role. */
export const ROLE = {
  name: 'WorkspaceRole',
  description:
    '`guest` can read, `member` can also write, `owner` can also manage the workspace and its members.',
};

/** A workspace, as a member sees it. */
@ApiSchema({ name: 'Workspace' })
export class WorkspaceView {
  @Field.uuid({ description: 'Id of the workspace.' })
  id: string;

  @Field.name(WORKSPACE.name)
  name: string;

  @Field.text({ ...WORKSPACE.description, nullable: true })
  description: string | null;

  @Field.boolean({ description: 'Whether it is your personal workspace, which nobody else can join.' })
  personal: boolean;

  @Field.oneOf(ROLES, { ...ROLE, description: `Your role: ${ROLE.description}` })
  role: Role;

  @Field.integer({
    min: 1,
    description: 'Number of members, including those whose accounts are deleted but not erased yet.',
    example: 3,
  })
  membersCount: number;

  @Field.dateTime({ description: 'When you became a member.' })
  joinedAt: Date;

  @Field.dateTime({ description: 'When it was created.' })
  createdAt: Date;

  @Field.dateTime({ description: 'When the name or description was last changed.' })
  updatedAt: Date;

  @Field.integer({ description: 'Version of the name and description. The ETag starts with it.', example: 1 })
  version: number;
}

const SELECT_WORKSPACE = `SELECT workspace.id, workspace.name, workspace.description,
    workspace.personal_of IS NOT NULL AS personal, mine.role, workspace.members_count AS "membersCount",
    mine.joined_at AS "joinedAt", workspace.created_at AS "createdAt", workspace.updated_at AS "updatedAt",
    workspace.version
  FROM workspaces.members mine JOIN workspaces.workspaces workspace ON workspace.id = mine.workspace_id`;

type Row = WorkspaceView & Record<string, unknown>;

/** The latest to join come first. */
const BY_JOINING: Keyset<WorkspaceView, Position> = {
  first: NEWEST,
  of: ({ joinedAt, id }) => [joinedAt.toISOString(), id],
};

/** Workspaces, as their members see them. */
@Injectable()
export class WorkspaceViews {
  constructor(private readonly sql: Sql) {}

  /** @throws Rejection `resource.not-found` unless the user is a member */
  async get(id: string, userId: string): Promise<WorkspaceView> {
    const workspace = await this.sql.row<Row>(
      `${SELECT_WORKSPACE} WHERE mine.workspace_id = $1 AND mine.user_id = $2`,
      [id, userId],
    );
    if (!workspace) throw new Rejection(NotFound);
    return workspace;
  }

  of(userId: string, page: ListQuery): Promise<Page<WorkspaceView>> {
    return paged(page, `workspaces:${userId}`, BY_JOINING, ([joinedAt, id], limit) =>
      this.sql.rows<Row>(
        `${SELECT_WORKSPACE}
         WHERE mine.user_id = $1 AND (mine.joined_at, mine.workspace_id) < ($2::timestamptz, $3::uuid)
         ORDER BY mine.joined_at DESC, mine.workspace_id DESC LIMIT $4`,
        [userId, joinedAt, id, limit],
      ),
    );
  }
}
