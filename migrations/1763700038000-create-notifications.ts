import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The inbox of each user, who is behind each notification, and what each user wants to be told. */
export class CreateNotifications1763700038000 implements MigrationInterface {
  name = 'CreateNotifications1763700038000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE SCHEMA notifications`);
    // A page of an inbox is a range of the primary key: ids are ordered by time.
    await runner.query(`
      CREATE TABLE notifications.notifications (
        user_id uuid NOT NULL,
        id uuid NOT NULL,
        kind text NOT NULL,
        target_id uuid NOT NULL,
        source_id uuid,
        actor_count int NOT NULL,
        in_app boolean NOT NULL,
        digest boolean NOT NULL,
        created_at timestamptz(3) NOT NULL,
        read_at timestamptz(3),
        CONSTRAINT notifications_pkey PRIMARY KEY (user_id, id)
      )`);
    await runner.query(
      `CREATE INDEX notifications_unread_idx ON notifications.notifications (user_id, id) WHERE in_app AND read_at IS NULL`,
    );
    await runner.query(
      `CREATE INDEX notifications_digest_idx ON notifications.notifications (user_id, id) WHERE digest`,
    );
    await runner.query(
      `CREATE INDEX notifications_target_idx ON notifications.notifications (target_id, kind, user_id, id)`,
    );
    await runner.query(
      `CREATE INDEX notifications_source_idx ON notifications.notifications (source_id) WHERE source_id IS NOT NULL`,
    );
    await runner.query(`CREATE INDEX notifications_created_idx ON notifications.notifications (created_at)`);
    await runner.query(`
      CREATE TABLE notifications.actors (
        user_id uuid NOT NULL,
        notification_id uuid NOT NULL,
        actor_id uuid NOT NULL,
        acted_at timestamptz(3) NOT NULL,
        CONSTRAINT actors_pkey PRIMARY KEY (user_id, notification_id, actor_id),
        CONSTRAINT actors_notification_fkey FOREIGN KEY (user_id, notification_id)
          REFERENCES notifications.notifications ON DELETE CASCADE
      )`);
    await runner.query(
      `CREATE INDEX actors_latest_idx ON notifications.actors (user_id, notification_id, acted_at DESC, actor_id DESC)`,
    );
    await runner.query(`CREATE INDEX actors_actor_idx ON notifications.actors (actor_id, user_id)`);
    await runner.query(`
      CREATE TABLE notifications.settings (
        user_id uuid NOT NULL CONSTRAINT settings_pkey PRIMARY KEY,
        quiet_from text,
        quiet_to text,
        digest text NOT NULL,
        kinds jsonb NOT NULL,
        updated_at timestamptz(3) NOT NULL
      )`);
    // Users for whom something waits for their next digest. Nobody else is looked at.
    await runner.query(`
      CREATE TABLE notifications.digests (
        user_id uuid NOT NULL CONSTRAINT digests_pkey PRIMARY KEY,
        due_at timestamptz(3) NOT NULL
      )`);
    await runner.query(`CREATE INDEX digests_due_idx ON notifications.digests (due_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP SCHEMA notifications CASCADE`);
  }
}
