import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';

/** A user with a scheduled digest. */
export interface DueDigest {
  userId: string;
  dueAt: Date;
}

/** When users get their next digest. */
@Injectable()
export class Digests {
  constructor(private readonly sql: Sql) {}

  /** Schedules digests. A digest that is already scheduled does not change. */
  async schedule(digests: readonly DueDigest[]): Promise<void> {
    if (digests.length === 0) return;
    await this.sql.execute(
      `INSERT INTO notifications.digests (user_id, due_at)
       SELECT "userId", "dueAt" FROM jsonb_to_recordset($1::jsonb) AS digest ("userId" uuid, "dueAt" timestamptz)
       ORDER BY "userId" ON CONFLICT DO NOTHING`,
      [JSON.stringify(digests)],
    );
  }

  /** Takes digests that are due, the earliest first. @returns ids of their users */
  async take(limit: number): Promise<string[]> {
    const rows = await this.sql.rows<{ userId: string }>(
      `DELETE FROM notifications.digests WHERE user_id IN (
         SELECT user_id FROM notifications.digests WHERE due_at <= now() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
       RETURNING user_id AS "userId"`,
      [limit],
    );
    return rows.map(({ userId }) => userId);
  }
}
