import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { Sql } from '@rookery/persistence';
import { BY_ID, Field, type ListQuery, type Page, paged } from '@rookery/web';
import { type Role, ROLES } from '../contract';
import type { Invite } from '../model/invite';
import { ROLE } from './workspace';

/** An open invite. Only the mail contains its token. */
@ApiSchema({ name: 'WorkspaceInvite' })
export class InviteView {
  @Field.uuid({ description: 'Id of the invite.' })
  id: string;

  @Field.uuid({ description: 'Id of the workspace.' })
  workspaceId: string;

  @Field.text({
    max: 254,
    nullable: true,
    description: 'Invited e-mail address; null if a user is invited.',
    example: 'ada@example.com',
  })
  email: string | null;

  @Field.uuid({ nullable: true, description: 'Id of the invited user; null if an address is invited.' })
  userId: string | null;

  @Field.oneOf(ROLES, ROLE)
  role: Role;

  @Field.uuid({ nullable: true, description: 'Id of the owner who sent it; null if the account was erased.' })
  invitedBy: string | null;

  @Field.dateTime({ description: 'When it was sent.' })
  createdAt: Date;

  @Field.dateTime({ description: 'When it expires.' })
  expiresAt: Date;
}

/** @returns the view of an invite that was sent in this request */
export function newInviteView(invite: Invite): InviteView {
  const { id, workspaceId, email, userId, role, invitedBy, createdAt, expiresAt } = invite.snapshot();
  return { id, workspaceId, email, userId, role, invitedBy, createdAt, expiresAt };
}

/** Invites, as owners see them. */
@Injectable()
export class InviteViews {
  constructor(private readonly sql: Sql) {}

  /** Requires that the caller was checked to be an owner. */
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
