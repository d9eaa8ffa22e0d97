import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';

/** How far the accounts from before this context have their personal workspaces. */
@Injectable()
export class PersonalBackfill {
  constructor(private readonly sql: Sql) {}

  /** @returns id of the last account that has been looked at; null when all have */
  async position(): Promise<string | null> {
    const row = await this.sql.row<{ after: string | null }>(
      'SELECT account_id AS after FROM workspaces.personal_backfill',
    );
    return row?.after ?? null;
  }

  /** @param after null when there are no more */
  async moveTo(after: string | null): Promise<void> {
    await this.sql.execute('UPDATE workspaces.personal_backfill SET account_id = $1', [after]);
  }
}
