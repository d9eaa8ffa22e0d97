import { Injectable } from '@nestjs/common';
import { Clock } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import { Recipients } from '../../identity/contract';
import { type WorkspaceHeadline, WorkspaceHeadlines } from '../contract';
import { Invites } from '../storage/invites';

/** What workspaces are called, for their members and for those who are invited. */
@Injectable()
export class StoredWorkspaceHeadlines extends WorkspaceHeadlines {
  constructor(
    private readonly clock: Clock,
    private readonly invites: Invites,
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
                      AND (user_id = $2 OR email = $3)))`,
      [workspaceIds, userId, user.email, this.clock.now()],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  override async inviteeOf(inviteId: string): Promise<string | undefined> {
    const invite = await this.invites.find({ id: inviteId });
    if (!invite?.isOpen(this.clock.now())) return undefined;
    const { userId, email } = invite.snapshot();
    return userId ?? (await this.recipients.findByAddress(email!))?.id;
  }
}
