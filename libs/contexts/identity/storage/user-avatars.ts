import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';
import { Avatars, type AvatarUrls, UserAvatars } from '../contract/avatars';

/** The avatars of users as seen by other contexts. */
@Injectable()
export class StoredUserAvatars extends UserAvatars {
  constructor(
    private readonly avatars: Avatars,
    private readonly sql: Sql,
  ) {
    super();
  }

  override async of(userIds: readonly string[]): Promise<Map<string, AvatarUrls>> {
    if (userIds.length === 0) return new Map();
    const rows = await this.sql.rows<{ id: string; avatarMediaKey: string }>(
      `SELECT id, avatar_media_key AS "avatarMediaKey" FROM identity.users
       WHERE id = ANY ($1::uuid[]) AND avatar_media_key IS NOT NULL AND status = 'active'`,
      [userIds],
    );
    const completed = await this.avatars.complete(rows);
    return new Map(completed.flatMap(({ id, avatarUrl }) => (avatarUrl ? [[id, avatarUrl] as const] : [])));
  }
}
