import { Injectable } from '@nestjs/common';
import type { ErasedCounts, ExportedPage, PersonalData } from '@rookery/application';
import { pagesById, Sql } from '@rookery/persistence';
import { Recipients } from '../identity/contract';
import { Invites } from './storage/invites';
import { Members } from './storage/members';
import { People } from './storage/people';
import { Workspaces } from './storage/workspaces';

const PAGE = 500;
/** Maximum number of memberships to erase per call: each takes a few statements. */
const MEMBERSHIPS_PER_PAGE = 100;

/** Exported data. Other members of a workspace are not included: they are other people's data. */
const SECTIONS: readonly { name: string; rows: string }[] = [
  {
    name: 'memberships',
    rows: `SELECT it.id, it.workspace_id AS "workspaceId", room.name, room.personal_of IS NOT NULL AS personal,
             coalesce(room.created_by = it.user_id, false) AS created, it.role, it.joined_at AS "joinedAt"
           FROM workspaces.members it JOIN workspaces.workspaces room ON room.id = it.workspace_id
           WHERE it.user_id = $1 AND it.id > $2 ORDER BY it.id LIMIT $3`,
  },
  {
    name: 'invitesSent',
    rows: `SELECT it.id, it.workspace_id AS "workspaceId", it.role, it.created_at AS "createdAt",
             it.expires_at AS "expiresAt", it.closed_at AS "closedAt"
           FROM workspaces.invites it WHERE it.invited_by = $1 AND it.id > $2 ORDER BY it.id LIMIT $3`,
  },
  {
    name: 'departures',
    rows: `SELECT it.workspace_id AS id FROM workspaces.departures it
           WHERE it.user_id = $1 AND it.workspace_id > $2 ORDER BY it.workspace_id LIMIT $3`,
  },
  {
    name: 'removals',
    rows: `SELECT it.workspace_id AS id, it.removed_at AS "removedAt" FROM workspaces.removals it
           WHERE it.user_id = $1 AND it.workspace_id > $2 ORDER BY it.workspace_id LIMIT $3`,
  },
];

/** Invites to a user or their address, `$4`. Addresses of others whom the user has invited are other people's data. */
const INVITES_RECEIVED = `SELECT it.id, it.workspace_id AS "workspaceId", it.email, it.role, it.created_at AS "createdAt",
    it.expires_at AS "expiresAt", it.closed_at AS "closedAt"
  FROM workspaces.invites it
  WHERE (it.user_id = $1 OR it.email = $4) AND it.id > $2 ORDER BY it.id LIMIT $3`;

/** All columns of the schema with user ids. Each is handled here. */
export const KNOWN_COLUMNS: readonly string[] = [
  'departures.user_id',
  'invites.invited_by',
  'invites.user_id',
  'members.user_id',
  'people.id',
  'removals.user_id',
  'workspaces.created_by',
  'workspaces.personal_of',
];

/** Personal data of this context. */
@Injectable()
export class WorkspacesPersonalData implements PersonalData {
  constructor(
    private readonly invites: Invites,
    private readonly members: Members,
    private readonly people: People,
    private readonly recipients: Recipients,
    private readonly sql: Sql,
    private readonly workspaces: Workspaces,
  ) {}

  async *export(userId: string): AsyncGenerator<ExportedPage> {
    for (const { name, rows: select } of SECTIONS) {
      const read = (after: string, limit: number) =>
        this.sql.rows<{ id: string }>(select, [userId, after, limit]);
      for await (const rows of pagesById(PAGE, read)) yield [name, rows];
    }
    const email = await this.recipients.addressOf(userId);
    const received = (after: string, limit: number) =>
      this.sql.rows<{ id: string }>(INVITES_RECEIVED, [userId, after, limit, email ?? null]);
    for await (const rows of pagesById(PAGE, received)) yield ['invites', rows];
  }

  /** Updates the copy of the account, because lists of members check there whether it is active. */
  async hide(userId: string): Promise<void> {
    await this.people.copy([userId]);
  }

  async erase(userId: string, limit: number): Promise<ErasedCounts> {
    const memberships = await this.eraseMemberships(userId, Math.min(limit, MEMBERSHIPS_PER_PAGE));
    if (memberships > 0) return { memberships };
    const email = await this.recipients.addressOf(userId);
    const invites =
      (await this.invites.eraseTo(userId, email ?? null, limit)) +
      (await this.invites.eraseBy(userId, limit));
    if (invites > 0) return { invites };
    return {
      departures: await this.eraseRows('departures', 'workspace_id', 'user_id', userId, limit),
      removals: await this.eraseRows('removals', 'workspace_id', 'user_id', userId, limit),
      creations: await this.sql.execute(
        `UPDATE workspaces.workspaces SET created_by = NULL
         WHERE id IN (SELECT id FROM workspaces.workspaces WHERE created_by = $1 LIMIT $2)`,
        [userId, limit],
      ),
      people: await this.eraseRows('people', 'id', 'id', userId, limit),
    };
  }

  /** Locks the workspaces in the order of their ids, so that two erasures do not deadlock. */
  private async eraseMemberships(userId: string, limit: number): Promise<number> {
    const found = await this.sql.rows<{ id: string }>(
      `SELECT workspace_id AS id FROM workspaces.members WHERE user_id = $1 ORDER BY workspace_id LIMIT $2`,
      [userId, limit],
    );
    for (const { id } of found) await this.leave(id, userId);
    return found.length;
  }

  /**
   * Removes the user from the workspace. If no owner is left, the member who joined first becomes owner, or the guest who
   * joined first if there are only guests. A workspace without members is deleted, and so is a personal one.
   */
  private async leave(workspaceId: string, userId: string): Promise<void> {
    const workspace = await this.workspaces.findLocked(workspaceId);
    const member = workspace && (await this.members.find({ workspaceId, userId }));
    if (!member) return;
    const heir = await this.members.heirOf(workspaceId, userId);
    if (!heir) {
      workspace.end();
      await this.invites.closeAll(workspaceId);
      return this.workspaces.remove(workspace);
    }
    if (heir.changeRole('owner', 0)) await this.members.save(heir);
    member.erase();
    await this.members.remove(member);
  }

  private eraseRows(
    table: string,
    key: string,
    column: string,
    userId: string,
    limit: number,
  ): Promise<number> {
    return this.sql.execute(
      `DELETE FROM workspaces.${table} WHERE ${column} = $1 AND ${key} IN (
         SELECT ${key} FROM workspaces.${table} WHERE ${column} = $1 LIMIT $2)`,
      [userId, limit],
    );
  }
}
