import type { Role } from './user';

/** What each role may do beyond its own things. */
const permissions: Record<Role, ReadonlySet<string>> = {
  user: new Set(),
  moderator: new Set(['posts:update:any']),
  admin: new Set(['posts:update:any', 'posts:delete:any', 'users:role', 'ops:read', 'ops:write']),
};

/** @returns the permissions of a role. */
export function permissionsOf(role: Role): ReadonlySet<string> {
  return permissions[role] ?? new Set();
}
