import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The mails with reminders that each user got within a day. */
export class CountReminderMails1763700056000 implements MigrationInterface {
  name = 'CountReminderMails1763700056000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE todos.reminder_mails (
        id uuid NOT NULL CONSTRAINT reminder_mails_pkey PRIMARY KEY,
        user_id uuid NOT NULL,
        sent_at timestamptz(3) NOT NULL
      )`);
    await runner.query(`CREATE INDEX reminder_mails_user_idx ON todos.reminder_mails (user_id, sent_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE todos.reminder_mails`);
  }
}
