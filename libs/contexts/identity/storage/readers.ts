import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';
import { Readers, type ReadingPreferences } from '../contract/readers';
import { NO_PREFERENCES } from '../model/preferences';

/** Reading preferences of users, as seen by other contexts. */
@Injectable()
export class StoredReaders extends Readers {
  constructor(private readonly sql: Sql) {
    super();
  }

  override preferencesOf(userId: string): Promise<ReadingPreferences | undefined> {
    const { interests, tone, length, language } = NO_PREFERENCES;
    return this.sql.row<ReadingPreferences & Record<string, unknown>>(
      `SELECT coalesce(p.interests, $2) AS interests, coalesce(p.tone, $3) AS tone, coalesce(p.length, $4) AS length,
              coalesce(p.language, $5) AS language
       FROM identity.users u LEFT JOIN identity.preferences p ON p.user_id = u.id
       WHERE u.id = $1 AND u.status = 'active'`,
      [userId, interests, tone, length, language],
    );
  }
}
