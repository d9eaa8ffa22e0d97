import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';

/** A user whose report is due. */
export interface ReportRecipient {
  userId: string;
  timeZone: string;
  /** When the report was due. */
  dueAt: Date;
}

/** Who gets a report when, and who got which one. The row (user, week) commits with the event that requests the mail. */
@Injectable()
export class ReportRecipients {
  constructor(private readonly sql: Sql) {}

  /** Adds a recipient, or changes their time zone. Changes nothing if they have this time zone already. */
  async set(userId: string, timeZone: string, nextAt: Date): Promise<void> {
    await this.sql.execute(
      `INSERT INTO todos.report_recipients AS recipient (user_id, time_zone, next_at) VALUES ($1, $2, $3)
       ON CONFLICT (user_id) DO UPDATE SET time_zone = excluded.time_zone, next_at = excluded.next_at
       WHERE recipient.time_zone <> excluded.time_zone`,
      [userId, timeZone, nextAt],
    );
  }

  /** @returns whether the user gets reports */
  async has(userId: string): Promise<boolean> {
    return (
      (await this.sql.row('SELECT 1 FROM todos.report_recipients WHERE user_id = $1', [userId])) !== undefined
    );
  }

  /** @returns recipients whose report is due, locked, at most `limit`; skips locked rows */
  due(now: Date, limit: number): Promise<ReportRecipient[]> {
    return this.sql.rows<ReportRecipient & Record<string, unknown>>(
      `SELECT user_id AS "userId", time_zone AS "timeZone", next_at AS "dueAt" FROM todos.report_recipients
       WHERE next_at <= $1 ORDER BY next_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED`,
      [now, limit],
    );
  }

  /** Records when the next reports of recipients are due. */
  async postpone(next: readonly { userId: string; at: Date }[]): Promise<void> {
    await this.sql.execute(
      `UPDATE todos.report_recipients recipient SET next_at = later.at
       FROM unnest($1::uuid[], $2::timestamptz[]) AS later (user_id, at) WHERE recipient.user_id = later.user_id`,
      [next.map(({ userId }) => userId), next.map(({ at }) => at)],
    );
  }

  /** Records the reports of a week. @returns the users who did not have the report yet */
  async record(reports: readonly { userId: string; week: string }[]): Promise<Set<string>> {
    const rows = await this.sql.rows<{ userId: string }>(
      `INSERT INTO todos.weekly_reports (user_id, week) SELECT * FROM unnest($1::uuid[], $2::date[])
       ON CONFLICT DO NOTHING RETURNING user_id AS "userId"`,
      [reports.map(({ userId }) => userId), reports.map(({ week }) => week)],
    );
    return new Set(rows.map(({ userId }) => userId));
  }
}
