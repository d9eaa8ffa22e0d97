import { Injectable } from '@nestjs/common';
import type { Role } from '../model/user';
import { Roles } from '../storage/roles';

type Permissions = ReadonlyMap<Role, ReadonlySet<string>>;

/** Cache TTL of the permissions of roles in milliseconds: changes take effect within this time. */
const CACHE_TTL_MS = 4_000;
const NONE: ReadonlySet<string> = new Set();

/**
 * The permissions of roles from the database: read at most once per process and four seconds, for all roles at once.
 */
@Injectable()
export class RolePermissions {
  private loading: Promise<Permissions> | undefined;
  private staleAt = 0;

  constructor(private readonly roles: Roles) {}

  /** @returns the permissions of a role; empty for an unknown role. */
  async of(role: Role): Promise<ReadonlySet<string>> {
    if (!this.loading || performance.now() >= this.staleAt) this.load();
    return (await this.loading)!.get(role) ?? NONE;
  }

  private load(): void {
    this.staleAt = performance.now() + CACHE_TTL_MS;
    const loading = this.roles.permissions();
    loading.catch(() => {
      if (this.loading === loading) this.loading = undefined;
    });
    this.loading = loading;
  }
}
