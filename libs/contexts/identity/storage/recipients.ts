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
    return this.active('account.id = ANY ($1::uuid[])', userIds);
  }

  override async findByAddress(email: string): Promise<Recipient | undefined> {
    const [recipient] = await this.active('account.email = $1', email);
    return recipient;
  }

  override async addressOf(userId: string): Promise<string | undefined> {
    const row = await this.sql.row<{ email: string }>('SELECT email FROM identity.users WHERE id = $1', [
      userId,
    ]);
    return row?.email;
  }

  private active(condition: string, value: unknown): Promise<Recipient[]> {
    return this.sql.rows<Recipient & Record<string, unknown>>(
      `SELECT account.id, account.email, account.username, account.name, coalesce(said.language, $2) AS language,
              coalesce(said.time_zone, $3) AS "timeZone"
       FROM identity.users account LEFT JOIN identity.preferences said ON said.user_id = account.id
       WHERE ${condition} AND account.status = 'active'`,
      [value, NO_PREFERENCES.language, NO_PREFERENCES.timeZone],
    );
  }
}
