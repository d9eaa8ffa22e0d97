import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What each user likes to read. */
export class AddPreferences1763700007000 implements MigrationInterface {
  name = 'AddPreferences1763700007000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE identity.preferences (
        id uuid NOT NULL CONSTRAINT preferences_pkey PRIMARY KEY,
        version int NOT NULL,
        user_id uuid NOT NULL CONSTRAINT preferences_user_id_key UNIQUE
          CONSTRAINT preferences_user_id_fkey REFERENCES identity.users (id) ON DELETE CASCADE,
        interests text[] NOT NULL CONSTRAINT preferences_interests_check CHECK (cardinality(interests) <= 5),
        tone text NOT NULL,
        length text NOT NULL,
        language text NOT NULL,
        updated_at timestamptz NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE identity.preferences`);
  }
}
