import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';

/** The languages in which users read mail. */
@Injectable()
export class MailLanguages {
  constructor(private readonly sql: Sql) {}

  /** @returns the language tag that a user prefers; undefined if they have not said */
  async of(userId: string): Promise<string | undefined> {
    const said = await this.sql.row<{ language: string }>(
      'SELECT language FROM identity.preferences WHERE user_id = $1',
      [userId],
    );
    return said?.language;
  }
}
