import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What subscribers that want few of an event's occurrences are interested in: others get no delivery. */
export class RegisterInterests1763700040000 implements MigrationInterface {
  name = 'RegisterInterests1763700040000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE messaging.interests (
        subscriber text NOT NULL,
        key text NOT NULL,
        holder uuid NOT NULL,
        CONSTRAINT interests_pkey PRIMARY KEY (subscriber, key, holder)
      )`);
    await runner.query(`CREATE INDEX interests_holder_idx ON messaging.interests (holder)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE messaging.interests`);
  }
}
