import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The devices that are sent push messages. Endpoints are longer than what an index takes. */
export class AddPushSubscriptions1763700038200 implements MigrationInterface {
  name = 'AddPushSubscriptions1763700038200';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE notifications.push_subscriptions (
        id uuid NOT NULL CONSTRAINT push_subscriptions_pkey PRIMARY KEY,
        user_id uuid NOT NULL,
        endpoint_hash bytea NOT NULL CONSTRAINT push_subscriptions_endpoint_key UNIQUE,
        endpoint text NOT NULL,
        p256dh text NOT NULL,
        auth text NOT NULL,
        created_at timestamptz(3) NOT NULL
      )`);
    await runner.query(
      `CREATE INDEX push_subscriptions_user_idx ON notifications.push_subscriptions (user_id, created_at)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE notifications.push_subscriptions`);
  }
}
