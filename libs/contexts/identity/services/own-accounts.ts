import { Injectable } from '@nestjs/common';
import { Rejection } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import { Avatars } from '../contract/avatars';
import { AccountGone } from '../model/rejections';
import { RolePermissions } from './permissions';
import type { AccountView } from '../views/account';

type AccountRow = Omit<AccountView, 'avatarUrl' | 'permissions'> & { avatarMediaKey: string | null };

/** Accounts as seen by their owners. */
@Injectable()
export class OwnAccounts {
  constructor(
    private readonly avatars: Avatars,
    private readonly permissions: RolePermissions,
    private readonly sql: Sql,
  ) {}

  /**
   * One statement, and one more for an avatar, which also see what the current transaction has changed.
   *
   * @throws Rejection `identity.account-gone` if it is deleted or erased
   */
  async get(userId: string): Promise<AccountView> {
    const account = await this.sql.row<AccountRow>(
      `SELECT u.id, u.email, u.username, u.name, u.bio, u.avatar_media_key AS "avatarMediaKey", u.role, u.registered_at AS "registeredAt",
              u.mfa_enabled_at IS NOT NULL AS "mfaEnabled",
              (SELECT count(*)::int FROM identity.recovery_codes c WHERE c.user_id = u.id) AS "recoveryCodesLeft",
              u.profile_version AS version
       FROM identity.users u WHERE u.id = $1 AND u.status <> 'deleted'`,
      [userId],
    );
    if (!account) throw new Rejection(AccountGone);
    const permissions = await this.permissions.of(account.role);
    const [shown] = await this.avatars.complete([account]);
    return { ...shown!, permissions: [...permissions].sort() };
  }
}
