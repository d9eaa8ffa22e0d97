import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';
import { Accounts, type Account } from '../contract/accounts';

const COLUMNS = `id, username, name, version, status = 'active' AS active`;

/** The accounts as seen by other contexts. */
@Injectable()
export class StoredAccounts extends Accounts {
  constructor(private readonly sql: Sql) {
    super();
  }

  override find(ids: readonly string[]): Promise<Account[]> {
    return this.rows(`SELECT ${COLUMNS} FROM identity.users WHERE id = ANY ($1::uuid[])`, [ids]);
  }

  override page(after: string, limit: number): Promise<Account[]> {
    return this.rows(`SELECT ${COLUMNS} FROM identity.users WHERE id > $1 ORDER BY id LIMIT $2`, [
      after,
      limit,
    ]);
  }

  private rows(text: string, values: unknown[]): Promise<Account[]> {
    return this.sql.rows<Account & Record<string, unknown>>(text, values);
  }
}
