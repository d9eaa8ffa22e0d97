import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';

/** A user for whom something waits. */
export interface DueDigest {
  userId: string;
  dueAt: Date;
}

/** Who gets a digest by mail, and when. */
@Injectable()
export class Digests {
  constructor(private readonly sql: Sql) {}

  /** Schedules digests of some users; who has one scheduled keeps it. */
  async schedule(digests: readonly DueDigest[]): Promise<void> {
    if (digests.length === 0) return;
    await this.sql.execute(
      `INSERT INTO notifications.digests (user_id, due_at)
       SELECT "userId", "dueAt" FROM jsonb_to_recordset($1::jsonb) AS digest ("userId" uuid, "dueAt" timestamptz)
       ORDER BY "userId" ON CONFLICT DO NOTHING`,
      [JSON.stringify(digests)],
    );
  }

  /** Takes digests that are due, the longest due first. @returns whose they are */
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
