import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';
import type { Role } from '../model/user';

/** The local account of an external identity. */
export interface ExternalUser {
  userId: string;
  role: Role;
  /** Whether it may be used; a closed or erased account may not. */
  active: boolean;
  /** Whether it has a second factor here, which the provider does not know. */
  hasSecondFactor: boolean;
}

/** Accounts by external identity: by issuer and subject, never by an e-mail address. */
@Injectable()
export class ExternalIdentities {
  constructor(private readonly sql: Sql) {}

  /** @returns undefined if the identity is unknown. */
  find(issuer: string, subject: string): Promise<ExternalUser | undefined> {
    return this.sql.row<ExternalUser & Record<string, unknown>>(
      `SELECT u.id AS "userId", u.role, u.status = 'active' AS active,
              u.mfa_enabled_at IS NOT NULL AS "hasSecondFactor"
       FROM identity.external_identities e JOIN identity.users u ON u.id = e.user_id
       WHERE e.issuer = $1 AND e.subject = $2`,
      [issuer, subject],
    );
  }

  /** Locks an identity until the current transaction ends. */
  async lock(issuer: string, subject: string): Promise<void> {
    await this.sql.execute(`SELECT pg_advisory_xact_lock(hashtextextended('identity.external:' || $1, 0))`, [
      JSON.stringify([issuer, subject]),
    ]);
  }

  async add(issuer: string, subject: string, userId: string): Promise<void> {
    await this.sql.execute(
      'INSERT INTO identity.external_identities (issuer, subject, user_id) VALUES ($1, $2, $3)',
      [issuer, subject, userId],
    );
  }
}
