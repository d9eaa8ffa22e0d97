import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';
import type { Role } from '../model/user';

/** The local account of somebody whom a provider vouches for. */
export interface ExternalUser {
  userId: string;
  role: Role;
  /** Whether it may be used; one that was closed or erased may not. */
  active: boolean;
  /** Whether it has a second factor here, of which a provider knows nothing. */
  hasSecondFactor: boolean;
}

/** Which account belongs to whom at which provider: by issuer and subject, never by an e-mail address. */
@Injectable()
export class ExternalIdentities {
  constructor(private readonly sql: Sql) {}

  /** @returns undefined when nobody was seen by this name. */
  find(issuer: string, subject: string): Promise<ExternalUser | undefined> {
    return this.sql.row<ExternalUser & Record<string, unknown>>(
      `SELECT u.id AS "userId", u.role, u.status = 'active' AS active,
              u.mfa_enabled_at IS NOT NULL AS "hasSecondFactor"
       FROM identity.external_identities e JOIN identity.users u ON u.id = e.user_id
       WHERE e.issuer = $1 AND e.subject = $2`,
      [issuer, subject],
    );
  }

  /** Makes others with the same identity wait until the present transaction ends. */
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
