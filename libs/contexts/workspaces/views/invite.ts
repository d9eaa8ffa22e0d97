import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { Sql } from '@rookery/persistence';
import { BY_ID, Field, type ListQuery, type Page, paged } from '@rookery/web';
import { type Role, ROLES } from '../contract';
import type { Invite } from '../model/invite';
import { ROLE } from './workspace';

/** An open invite. Its token is in the mail alone. */
@ApiSchema({ name: 'WorkspaceInvite' })
export class InviteView {
  @Field.uuid({ description: 'Id of the invite.' })
  id: string;

  @Field.uuid({ description: 'Id of the workspace.' })
  workspaceId: string;

  @Field.text({
    max: 254,
    nullable: true,
    description: 'Address that is invited; null if a user is.',
    example: 'ada@example.com',
  })
  email: string | null;

  @Field.uuid({ nullable: true, description: 'User who is invited; null if an address is.' })
  userId: string | null;

  @Field.oneOf(ROLES, ROLE)
  role: Role;

  @Field.uuid({ nullable: true, description: 'Owner who has sent it; null once their account is erased.' })
  invitedBy: string | null;

  @Field.dateTime({ description: 'When it was sent.' })
  createdAt: Date;

  @Field.dateTime({ description: 'When it expires.' })
  expiresAt: Date;
}

/** @returns an invite that was sent just now */
export function newInviteView(invite: Invite): InviteView {
  const { id, workspaceId, email, userId, role, invitedBy, createdAt, expiresAt } = invite.snapshot();
  return { id, workspaceId, email, userId, role, invitedBy, createdAt, expiresAt };
}

/** Invites as owners see them. */
@Injectable()
export class InviteViews {
  constructor(private readonly sql: Sql) {}

  /** The caller has been found to be an owner. */
  of(workspaceId: string, page: ListQuery): Promise<Page<InviteView>> {
    return paged(page, `invites:${workspaceId}`, BY_ID, ([id], limit) =>
      this.sql.rows<InviteView & Record<string, unknown>>(
        `SELECT id, workspace_id AS "workspaceId", email, user_id AS "userId", role, invited_by AS "invitedBy",
                created_at AS "createdAt", expires_at AS "expiresAt"
         FROM workspaces.invites
         WHERE workspace_id = $1 AND closed_at IS NULL AND expires_at > now() AND id < $2
         ORDER BY id DESC LIMIT $3`,
        [workspaceId, id, limit],
      ),
    );
  }
}
