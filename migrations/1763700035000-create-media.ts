import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Uploads of users, and what uses them. */
export class CreateMedia1763700035000 implements MigrationInterface {
  name = 'CreateMedia1763700035000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE SCHEMA media`);
    await runner.query(`
      CREATE TABLE media.uploads (
        id uuid NOT NULL CONSTRAINT uploads_pkey PRIMARY KEY,
        version int NOT NULL,
        owner_id uuid NOT NULL,
        media_key text NOT NULL CONSTRAINT uploads_media_key_key UNIQUE,
        file_name text NOT NULL,
        content_type text NOT NULL,
        size int NOT NULL,
        status text NOT NULL
          CONSTRAINT uploads_status_check CHECK (status IN ('pending', 'processing', 'ready', 'failed')),
        object_id uuid CONSTRAINT uploads_object_id_key UNIQUE,
        uses text[] NOT NULL DEFAULT '{}',
        created_at timestamptz(3) NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        unused_since timestamptz(3) NOT NULL,
        CONSTRAINT uploads_object_check CHECK ((object_id IS NULL) = (status = 'pending'))
      )`);
    // For the export and the erasure of a user.
    await runner.query(`CREATE INDEX uploads_owner_idx ON media.uploads (owner_id, id)`);
    await runner.query(`CREATE INDEX uploads_owner_unused_idx ON media.uploads (owner_id) WHERE uses = '{}'`);
    await runner.query(`CREATE INDEX uploads_unused_idx ON media.uploads (unused_since) WHERE uses = '{}'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP SCHEMA media CASCADE`);
  }
}
