import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tales, the text of those that are being generated, and what each user has used up of a day's budget. */
export class CreateTales1763700037000 implements MigrationInterface {
  name = 'CreateTales1763700037000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE SCHEMA tales`);
    await runner.query(`
      CREATE TABLE tales.tales (
        id uuid NOT NULL CONSTRAINT tales_pkey PRIMARY KEY,
        version int NOT NULL,
        user_id uuid NOT NULL,
        status text NOT NULL,
        run int NOT NULL,
        prompt text,
        interests text[] NOT NULL,
        tone text NOT NULL,
        length text NOT NULL,
        language text NOT NULL,
        generator text,
        title text,
        content text,
        words int,
        failure text,
        created_at timestamptz(3) NOT NULL,
        requested_at timestamptz(3) NOT NULL,
        finished_at timestamptz(3)
      )`);
    await runner.query(`CREATE INDEX tales_user_idx ON tales.tales (user_id, created_at DESC, id DESC)`);
    await runner.query(
      `CREATE INDEX tales_active_idx ON tales.tales (user_id) WHERE status IN ('requested', 'generating')`,
    );
    await runner.query(`
      CREATE TABLE tales.drafts (
        tale_id uuid NOT NULL CONSTRAINT drafts_pkey PRIMARY KEY
          CONSTRAINT drafts_tale_fkey REFERENCES tales.tales ON DELETE CASCADE,
        claim int NOT NULL,
        title text,
        content text NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE tales.usage (
        user_id uuid NOT NULL,
        day date NOT NULL,
        generations int NOT NULL,
        input_tokens bigint NOT NULL,
        output_tokens bigint NOT NULL,
        cost_micros bigint NOT NULL,
        CONSTRAINT usage_pkey PRIMARY KEY (user_id, day)
      )`);
    await runner.query(`CREATE INDEX usage_day_idx ON tales.usage (day)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP SCHEMA tales CASCADE`);
  }
}
