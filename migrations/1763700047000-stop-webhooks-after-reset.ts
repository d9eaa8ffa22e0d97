import type { MigrationInterface, QueryRunner } from 'typeorm';

const check = (reasons: string) =>
  `ADD CONSTRAINT webhooks_disabled_reason_check CHECK (disabled_reason IN (${reasons})) NOT VALID`;
const BEFORE = `'owner', 'failing', 'gone', 'account-deleted'`;

/** Lets a webhook be stopped because the sessions and keys of its owner were ended. */
export class StopWebhooksAfterReset1763700047000 implements MigrationInterface {
  name = 'StopWebhooksAfterReset1763700047000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE webhooks.webhooks DROP CONSTRAINT webhooks_disabled_reason_check,
      ${check(`${BEFORE}, 'access-reset'`)}`);
    await runner.query(`ALTER TABLE webhooks.webhooks VALIDATE CONSTRAINT webhooks_disabled_reason_check`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `UPDATE webhooks.webhooks SET disabled_reason = 'owner' WHERE disabled_reason = 'access-reset'`,
    );
    await runner.query(`ALTER TABLE webhooks.webhooks DROP CONSTRAINT webhooks_disabled_reason_check,
      ${check(BEFORE)}`);
    await runner.query(`ALTER TABLE webhooks.webhooks VALIDATE CONSTRAINT webhooks_disabled_reason_check`);
  }
}
