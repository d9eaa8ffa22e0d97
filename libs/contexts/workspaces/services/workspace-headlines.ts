import { Injectable } from '@nestjs/common';
import { Clock } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import { Recipients } from '../../identity/contract';
import { type WorkspaceHeadline, WorkspaceHeadlines } from '../contract';
import { Invites } from '../storage/invites';
import { Members } from '../storage/members';

/** Names of workspaces, for their members and for invited users. */
@Injectable()
export class StoredWorkspaceHeadlines extends WorkspaceHeadlines {
  constructor(
    private readonly clock: Clock,
    private readonly invites: Invites,
    private readonly members: Members,
    private readonly recipients: Recipients,
    private readonly sql: Sql,
  ) {
    super();
  }

  override async visibleTo(
    userId: string,
    workspaceIds: readonly string[],
  ): Promise<Map<string, WorkspaceHeadline>> {
    const [user] = await this.recipients.find([userId]);
    if (!user) return new Map();
    const rows = await this.sql.rows<WorkspaceHeadline & Record<string, unknown>>(
      `SELECT id, name FROM workspaces.workspaces room
       WHERE id = ANY ($1::uuid[]) AND (
         EXISTS (SELECT FROM workspaces.members WHERE workspace_id = room.id AND user_id = $2)
         OR EXISTS (SELECT FROM workspaces.invites
                    WHERE workspace_id = room.id AND closed_at IS NULL AND expires_at > $4
                      AND (user_id = $2 OR email = $3)
                      AND NOT EXISTS (SELECT FROM workspaces.removals removal
                                      WHERE removal.workspace_id = room.id AND removal.user_id = $2
                                        AND removal.removed_at >= invites.created_at)))`,
      [workspaceIds, userId, user.email, this.clock.now()],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  override async inviteeOf(inviteId: string): Promise<string | undefined> {
    const invite = await this.invites.find({ id: inviteId });
    if (!invite?.isOpen(this.clock.now())) return undefined;
    const { userId, email, workspaceId, createdAt } = invite.snapshot();
    const invitee = userId ?? (await this.recipients.findByAddress(email!))?.id;
    if (invitee === undefined || (await this.members.wasRemovedSince(workspaceId, invitee, createdAt)))
      return undefined;
    return invitee;
  }
}
