import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { NEWEST, type Position, Sql } from '@rookery/persistence';
import { Field, type Keyset, type ListQuery, type Page, paged } from '@rookery/web';
import { type Role, ROLES } from '../contract';
import { ROLE } from './workspace';

/** A member of a workspace. */
@ApiSchema({ name: 'WorkspaceMember' })
export class MemberView {
  @Field.uuid({ description: 'Id of the user.' })
  userId: string;

  @Field.text({ max: 30, description: 'Unique name.', example: 'ada' })
  username: string;

  @Field.text({ max: 100, description: 'Display name.', example: 'Ada Lovelace' })
  name: string;

  @Field.oneOf(ROLES, ROLE)
  role: Role;

  @Field.dateTime({ description: 'When they became a member.' })
  joinedAt: Date;
}

const SELECT_MEMBER = `SELECT member.user_id AS "userId", person.username, person.name, member.role,
    member.joined_at AS "joinedAt"
  FROM workspaces.members member JOIN workspaces.people person ON person.id = member.user_id`;

type Row = MemberView & Record<string, unknown>;

/** The latest to join come first. */
const BY_JOINING: Keyset<MemberView, Position> = {
  first: NEWEST,
  of: ({ joinedAt, userId }) => [joinedAt.toISOString(), userId],
};

/** Members with their names. */
@Injectable()
export class MemberViews {
  constructor(private readonly sql: Sql) {}

  /** @returns a member as the current transaction changed it, for the response */
  async reload(workspaceId: string, userId: string): Promise<MemberView> {
    const member = await this.sql.row<Row>(
      `${SELECT_MEMBER} WHERE member.workspace_id = $1 AND member.user_id = $2`,
      [workspaceId, userId],
    );
    return member!;
  }

  /** Requires that the caller was checked to be in the workspace. */
  of(workspaceId: string, page: ListQuery): Promise<Page<MemberView>> {
    return paged(page, `members:${workspaceId}`, BY_JOINING, ([joinedAt, userId], limit) =>
      this.sql.rows<Row>(
        `${SELECT_MEMBER}
         WHERE member.workspace_id = $1 AND person.active
           AND (member.joined_at, member.user_id) < ($2::timestamptz, $3::uuid)
         ORDER BY member.joined_at DESC, member.user_id DESC LIMIT $4`,
        [workspaceId, joinedAt, userId, limit],
      ),
    );
  }
}
