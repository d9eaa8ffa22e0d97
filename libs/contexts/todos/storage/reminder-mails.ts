import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';

/** Maximum number of reminder mails to one user within a day, of all kinds together. */
const MAX_PER_DAY = 5;

/** The reminder mails of the last day. They are limited, so that a user with many due dates does not get one a minute. */
@Injectable()
export class ReminderMails {
  constructor(private readonly sql: Sql) {}

  /**
   * Counts a mail that is about to be sent. A retry counts once. Call it in a transaction.
   *
   * @param id id of the event that requests the mail
   * @returns whether the mail can be sent
   */
  async admit(id: string, userId: string, now: Date): Promise<boolean> {
    await this.sql.execute(`SELECT pg_advisory_xact_lock(hashtextextended('todos.reminders:' || $1, 0))`, [
      userId,
    ]);
    await this.sql.execute(
      `DELETE FROM todos.reminder_mails WHERE user_id = $1 AND sent_at <= $2::timestamptz - interval '1 day'`,
      [userId, now],
    );
    const admitted = await this.sql.execute(
      `INSERT INTO todos.reminder_mails (id, user_id, sent_at)
       SELECT $1, $2, $3
       WHERE EXISTS (SELECT FROM todos.reminder_mails WHERE id = $1)
         OR (SELECT count(*) FROM todos.reminder_mails WHERE user_id = $2) < ${MAX_PER_DAY}
       ON CONFLICT (id) DO UPDATE SET sent_at = reminder_mails.sent_at`,
      [id, userId, now],
    );
    return admitted === 1;
  }
}
