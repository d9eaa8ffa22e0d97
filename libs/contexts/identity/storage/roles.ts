import { Injectable } from '@nestjs/common';
import { type Context, declarationOf } from '@rookery/application';
import { Sql } from '@rookery/persistence';
import { ADMIN, type Role } from '../model/user';

/** The roles and their permissions. They are rows: a new role or permission needs no deployment. */
@Injectable()
export class Roles {
  constructor(private readonly sql: Sql) {}

  /** @returns the permissions of every role, including those of included roles. */
  async permissions(): Promise<ReadonlyMap<Role, ReadonlySet<string>>> {
    // UNION, not UNION ALL: two roles that include each other end the recursion.
    const rows = await this.sql.rows<{ role: Role; permissions: string[] }>(
      `WITH RECURSIVE held (role, source) AS (
         SELECT name, name FROM identity.roles
         UNION
         SELECT h.role, r.includes FROM held h JOIN identity.roles r ON r.name = h.source WHERE r.includes IS NOT NULL
       )
       SELECT h.role, array_remove(array_agg(DISTINCT p.permission), NULL) AS permissions
       FROM held h LEFT JOIN identity.role_permissions p ON p.role = h.source
       GROUP BY h.role`,
    );
    return new Map(rows.map(({ role, permissions }) => [role, new Set(permissions)]));
  }

  /** Serializes changes of roles until the current transaction ends, so that at least one admin remains. */
  async lock(): Promise<void> {
    await this.sql.execute('SELECT 1 FROM identity.roles WHERE name = $1 FOR NO KEY UPDATE', [ADMIN]);
  }

  /** @returns whether there is a role with that name. */
  async exists(name: string): Promise<boolean> {
    return (await this.sql.row('SELECT 1 FROM identity.roles WHERE name = $1', [name])) !== undefined;
  }

  /** @returns whether another user is an admin; call {@link lock} first to rely on it. */
  async otherAdminThan(userId: string): Promise<boolean> {
    const row = await this.sql.row(
      `SELECT 1 FROM identity.users WHERE role = '${ADMIN}' AND status = 'active' AND id <> $1 LIMIT 1`,
      [userId],
    );
    return row !== undefined;
  }
}

/**
 * Updates the permissions of roles from the contexts' declarations. Rows that were added by hand stay; rows whose
 * declaration was removed are deleted.
 *
 * @param statement runs SQL and returns rows
 * @returns a line for each permission that was granted or revoked
 * @throws Error if a context names a role that does not exist
 */
export async function synchronizePermissions(
  statement: (text: string, values: unknown[]) => Promise<Record<string, string>[]>,
  contexts: readonly Context[],
): Promise<string[]> {
  const grants = contexts.flatMap(({ name, permissions }) =>
    Object.entries(permissions).flatMap(([role, granted]) =>
      granted.map((permission) => ({ role, permission, context: name })),
    ),
  );
  const roles = new Set((await statement('SELECT name FROM identity.roles', [])).map(({ name }) => name));
  const stray = grants.find(({ role }) => !roles.has(role));
  if (stray)
    throw new Error(
      `${declarationOf(stray.context)} grants ${stray.permission} to the role ${stray.role}, which does not exist: ` +
        `grant it to one of ${[...roles].join(', ')}, or add the role with a migration.`,
    );
  const declared = [grants.map(({ role }) => role), grants.map(({ permission }) => permission)];
  const granted = await statement(
    `INSERT INTO identity.role_permissions (role, permission, declared)
     SELECT DISTINCT role, permission, true FROM unnest($1::text[], $2::text[]) AS d (role, permission)
     ON CONFLICT DO NOTHING
     RETURNING role, permission`,
    declared,
  );
  const taken = await statement(
    `WITH taken AS (
       DELETE FROM identity.role_permissions
       WHERE declared AND (role, permission) NOT IN (SELECT * FROM unnest($1::text[], $2::text[]))
       RETURNING role, permission
     ) SELECT role, permission FROM taken`,
    declared,
  );
  return [
    ...granted.map(({ role, permission }) => `granted ${permission} to ${role}`),
    ...taken.map(({ role, permission }) => `took ${permission} from ${role}`),
  ].toSorted();
}
