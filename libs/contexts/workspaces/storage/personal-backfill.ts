import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';

/** Progress of creating personal workspaces for accounts that are older than this context. */
@Injectable()
export class PersonalBackfill {
  constructor(private readonly sql: Sql) {}

  /** @returns id of the last account that was handled; null when all are done */
  async position(): Promise<string | null> {
    const row = await this.sql.row<{ after: string | null }>(
      'SELECT account_id AS after FROM workspaces.personal_backfill',
    );
    return row?.after ?? null;
  }

  /** @param after id of the last handled account; null when all are done */
  async moveTo(after: string | null): Promise<void> {
    await this.sql.execute('UPDATE workspaces.personal_backfill SET account_id = $1', [after]);
  }
}
