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
}
