import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which sessions of browsers have their refresh token in a cookie, and which sign-ins will. */
export class DeliverTokensInCookies1763700030100 implements MigrationInterface {
  name = 'DeliverTokensInCookies1763700030100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE identity.sessions ADD COLUMN in_cookie boolean NOT NULL DEFAULT false`);
    await runner.query(`ALTER TABLE identity.mfa_tokens ADD COLUMN in_cookie boolean NOT NULL DEFAULT false`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE identity.mfa_tokens DROP COLUMN in_cookie`);
    await runner.query(`ALTER TABLE identity.sessions DROP COLUMN in_cookie`);
  }
}
