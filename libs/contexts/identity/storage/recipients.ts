import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';
import { type Recipient, Recipients } from '../contract/recipients';
import { NO_PREFERENCES } from '../model/preferences';

/** The addresses of accounts, with what their owners prefer. */
@Injectable()
export class StoredRecipients extends Recipients {
  constructor(private readonly sql: Sql) {
    super();
  }

  override find(userIds: readonly string[]): Promise<Recipient[]> {
    return this.sql.rows<Recipient & Record<string, unknown>>(
      `SELECT account.id, account.email, account.username, account.name, coalesce(said.language, $2) AS language,
              coalesce(said.time_zone, $3) AS "timeZone"
       FROM identity.users account LEFT JOIN identity.preferences said ON said.user_id = account.id
       WHERE account.id = ANY ($1::uuid[]) AND account.status = 'active'`,
      [userIds, NO_PREFERENCES.language, NO_PREFERENCES.timeZone],
    );
  }
}
