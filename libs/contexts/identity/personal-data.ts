import { Injectable } from '@nestjs/common';
import type { ErasedCounts, ExportedPage, PersonalData } from '@rookery/application';
import { type AuditEntry, AuditLog } from '@rookery/audit';
import { Outbox, pagesById, Sql } from '@rookery/persistence';
import { OPERATION_STEPS, Operations } from '../operations/contract';
import { StoredPreferences } from './storage/preferences';
import { Users } from './storage/users';

const PAGE = 500;

interface Section {
  name: string;
  table: string;
  columns: string;
  /** Whether one page contains everything; such a table needs no id. */
  few?: true;
}

/** The exported columns of each table with personal data. No secrets and no hashes. */
const SECTIONS: readonly Section[] = [
  {
    name: 'profile',
    table: 'users',
    columns: `id, email, username, name, bio, avatar_media_key AS "avatarMediaKey", role, status, registered_at AS "registeredAt", verified_at AS "verifiedAt",
      mfa_enabled_at AS "mfaEnabledAt"`,
  },
  {
    name: 'sessions',
    table: 'sessions',
    columns: `id, host(ip) AS ip, user_agent AS "userAgent", started_at AS "startedAt", last_seen_at AS "lastSeenAt",
      revoked_at AS "revokedAt", expires_at AS "expiresAt"`,
  },
  {
    name: 'repeatedRegistrations',
    table: 'decoys',
    columns: `id, mailed_at AS "mailedAt", expires_at AS "expiresAt"`,
  },
  {
    name: 'emailChanges',
    table: 'email_changes',
    columns: `id, old_email AS "oldEmail", new_email AS "newEmail", requested_at AS "requestedAt",
      verified_at AS "verifiedAt", voided_at AS "voidedAt"`,
  },
  {
    name: 'preferences',
    table: 'preferences',
    columns: `id, interests, tone, length, language, time_zone AS "timeZone", updated_at AS "updatedAt"`,
  },
  {
    name: 'apiKeys',
    table: 'api_keys',
    columns: `id, name, prefix, scopes, created_at AS "createdAt", expires_at AS "expiresAt",
      last_used_at AS "lastUsedAt", revoked_at AS "revokedAt"`,
  },
  {
    name: 'secondFactors',
    table: 'second_factors',
    columns: `enrolled_at AS "enrolledAt"`,
    few: true,
  },
  {
    name: 'externalIdentities',
    table: 'external_identities',
    columns: `issuer, subject, linked_at AS "linkedAt"`,
    few: true,
  },
];

/** Tables with only secrets of a user, which are erased but not exported. */
const WITHHELD = ['activation_links', 'mfa_tokens', 'password_reset_links', 'recovery_codes'];

/** Tables of the schema with user ids that are handled here. */
export const KNOWN_TABLES: readonly string[] = [...SECTIONS.map(({ table }) => table), ...WITHHELD].sort();

/** Personal data of identity and the audit log, and of operations, which know accounts only by id. */
@Injectable()
export class IdentityPersonalData implements PersonalData {
  constructor(
    private readonly auditLog: AuditLog,
    private readonly operations: Operations,
    private readonly outbox: Outbox,
    private readonly preferences: StoredPreferences,
    private readonly sql: Sql,
    private readonly users: Users,
  ) {}

  async *export(userId: string): AsyncGenerator<ExportedPage> {
    for (const { name, table, columns, few } of SECTIONS) {
      const owner = table === 'users' ? 'id' : 'user_id';
      if (few) {
        const all = `SELECT ${columns} FROM identity.${table} WHERE ${owner} = $1`;
        yield [name, await this.sql.rows(all, [userId])];
        continue;
      }
      const read = (after: string, limit: number) =>
        this.sql.rows<{ id: string }>(
          `SELECT ${columns} FROM identity.${table} WHERE ${owner} = $1 AND id > $2 ORDER BY id LIMIT $3`,
          [userId, after, limit],
        );
      for await (const rows of pagesById(PAGE, read)) yield [name, rows];
    }
    const operations = (after: string, limit: number) => this.operations.about(userId, after, limit);
    for await (const rows of pagesById(PAGE, operations)) yield ['operations', rows];
    const audit = (after: string, limit: number) => this.auditLog.about(userId, after, limit);
    const ownAddresses = await this.addressesOf(userId);
    for await (const entries of pagesById(PAGE, audit)) {
      const shown = entries.filter(({ action }) => !OPERATION_STEPS.has(action));
      yield ['audit', shown.map((entry) => withoutOriginOfOthers(entry, userId, ownAddresses))];
    }
  }

  private async addressesOf(userId: string): Promise<ReadonlySet<string>> {
    const rows = await this.sql.rows<{ ip: string }>(
      'SELECT DISTINCT host(ip) AS ip FROM identity.sessions WHERE user_id = $1',
      [userId],
    );
    return new Set(rows.map(({ ip }) => ip));
  }

  /** The account is erased last, with everything that references it, and the address is free again. */
  async erase(userId: string, limit: number): Promise<ErasedCounts> {
    const origins = await this.auditLog.forgetOriginsOf(userId, limit);
    const sessions = await this.sql.execute(
      'DELETE FROM identity.sessions WHERE id IN (SELECT id FROM identity.sessions WHERE user_id = $1 LIMIT $2)',
      [userId, limit],
    );
    if (origins + sessions > 0) return { auditOrigins: origins, sessions };

    const user = await this.users.find({ id: userId });
    if (!user) return {};
    const exports = await this.operations.removeExportsOf(userId);
    const preferences = await this.preferences.find({ userId });
    const told = preferences ? await this.outbox.forget(preferences.id) : 0;
    const events = told + (await this.outbox.forget(userId));
    user.erase();
    await this.users.remove(user);
    return { accounts: 1, events, exports };
  }
}

/**
 * Administrators and strangers act on the account too, and where they are is not its owner's data. Who is not signed in
 * counts as the owner at an address from which the owner has signed in.
 */
function withoutOriginOfOthers<Entry extends Pick<AuditEntry, 'actorId' | 'ip' | 'userAgentHash'>>(
  entry: Entry,
  userId: string,
  ownAddresses: ReadonlySet<string>,
): Entry {
  const isOwn = entry.actorId === null ? ownAddresses.has(entry.ip ?? '') : entry.actorId === userId;
  return isOwn ? entry : { ...entry, ip: null, userAgentHash: null };
}
