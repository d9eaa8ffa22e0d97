import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';
import { type OwnTale, OwnTales } from '../contract';

/** Tales for their readers. */
@Injectable()
export class StoredOwnTales extends OwnTales {
  constructor(private readonly sql: Sql) {
    super();
  }

  override async find(userId: string, taleIds: readonly string[]): Promise<Map<string, OwnTale>> {
    const rows = await this.sql.rows<OwnTale & Record<string, unknown>>(
      'SELECT id, title FROM tales.tales WHERE id = ANY ($2::uuid[]) AND user_id = $1',
      [userId, taleIds],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }
}
