import { Injectable } from '@nestjs/common';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { type DiscardReason, Upload, type UploadState } from '../model/upload';

/**
 * The uses of an upload are not part of the aggregate: {@link Uploads.attach} and {@link Uploads.detach} change that
 * column.
 */
export const uploadSchema = new EntitySchema<UploadState>({
  name: 'Upload',
  schema: 'media',
  tableName: 'uploads',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    ownerId: { type: 'uuid', name: 'owner_id' },
    mediaKey: { type: 'text', name: 'media_key' },
    fileName: { type: 'text', name: 'file_name' },
    contentType: { type: 'text', name: 'content_type' },
    size: { type: 'int' },
    status: { type: 'text' },
    objectId: { type: 'uuid', name: 'object_id', nullable: true },
    createdAt: { type: 'timestamptz', precision: 3, name: 'created_at' },
    expiresAt: { type: 'timestamptz', precision: 3, name: 'expires_at' },
    unusedSince: { type: 'timestamptz', precision: 3, name: 'unused_since' },
  },
});

/** Maximum uses of one upload. All of them are in one row, which each use rewrites. */
const MAX_USES = 100;

/** The data needed for links to an upload. */
export interface Shown {
  mediaKey: string;
  contentType: string;
  objectId: string;
  status: 'processing' | 'ready';
}

/** The data that decides which objects of an upload are needed. */
export interface KnownUpload {
  contentType: string;
  status: UploadState['status'];
}

/** An upload in the data export of its owner. */
export interface OwnUpload {
  id: string;
  mediaKey: string;
  fileName: string;
  contentType: string;
  size: number;
  status: string;
  uses: string[];
  createdAt: Date;
}

/** The uploads of all users. */
@Injectable()
export class Uploads extends Repository<UploadState, Upload> {
  protected readonly storedAs: StoredAs<UploadState, Upload> = {
    schema: uploadSchema,
    restore: (state) => new Upload(state),
  };

  /** @returns an upload, locked until the current transaction ends; undefined if it was deleted */
  async lockExisting(id: string): Promise<Upload | undefined> {
    await this.sql.execute('SELECT 1 FROM media.uploads WHERE id = $1 FOR UPDATE', [id]);
    return this.find({ id });
  }

  /**
   * Counts a user's uploads, and prevents that others are added before the current transaction ends.
   *
   * @returns number of unused uploads, and announced bytes of all uploads
   */
  async count(ownerId: string): Promise<{ unused: number; bytes: number }> {
    await this.sql.execute(`SELECT pg_advisory_xact_lock(hashtextextended('media.uploads:' || $1, 0))`, [
      ownerId,
    ]);
    const row = await this.sql.row<{ unused: number; bytes: number }>(
      `SELECT (count(*) FILTER (WHERE uses = '{}'))::int AS unused, coalesce(sum(size), 0)::float8 AS bytes
       FROM media.uploads WHERE owner_id = $1`,
      [ownerId],
    );
    return row!;
  }

  /**
   * @returns whether the upload is now used by `use`; false unless the owner has a verified upload with this key that
   *   can be shown and does not have too many uses
   */
  async attach(ownerId: string, mediaKey: string, use: string): Promise<boolean> {
    const attached = await this.sql.execute(
      `UPDATE media.uploads SET uses = CASE WHEN $3 = ANY (uses) THEN uses ELSE uses || $3 END
       WHERE media_key = $2 AND owner_id = $1 AND status IN ('processing', 'ready')
         AND (cardinality(uses) < ${MAX_USES} OR $3 = ANY (uses))`,
      [ownerId, mediaKey, use],
    );
    return attached === 1;
  }

  /** Deletes an upload if nothing uses it any more. */
  async detach(mediaKey: string, use: string): Promise<void> {
    const row = await this.sql.row<{ id: string; unused: boolean }>(
      `UPDATE media.uploads SET uses = array_remove(uses, $2) WHERE media_key = $1 AND $2 = ANY (uses)
       RETURNING id, uses = '{}' AS unused`,
      [mediaKey, use],
    );
    if (row?.unused) await this.discard([row.id], 'ended');
  }

  /** Deletes uploads; the worker removes their objects. */
  async discard(ids: readonly string[], reason: DiscardReason): Promise<void> {
    for (const id of ids) {
      const upload = await this.getLocked(id);
      upload.discard(reason);
      await this.remove(upload);
    }
  }

  /** Locks uploads that have been unused for some time, except those that another transaction is starting to use. */
  async lockUnused(olderThanSeconds: number, limit: number): Promise<string[]> {
    const rows = await this.sql.rows<{ id: string }>(
      `SELECT id FROM media.uploads WHERE uses = '{}' AND unused_since < now() - make_interval(secs => $1)
       ORDER BY unused_since LIMIT $2 FOR UPDATE SKIP LOCKED`,
      [olderThanSeconds, limit],
    );
    return rows.map(({ id }) => id);
  }

  /** @returns the uploads with the given keys that can be shown */
  shown(mediaKeys: readonly string[]): Promise<Shown[]> {
    return this.sql.rows<Shown & Record<string, unknown>>(
      `SELECT media_key AS "mediaKey", content_type AS "contentType", object_id AS "objectId", status
       FROM media.uploads WHERE media_key = ANY ($1::text[]) AND status IN ('processing', 'ready')`,
      [mediaKeys],
    );
  }

  /**
   * @param by kind of the ids: of uploads, or of their verified copies
   * @returns the data that decides which objects are still needed, by id
   */
  async known(by: 'id' | 'object_id', ids: readonly string[]): Promise<Map<string, KnownUpload>> {
    const rows = await this.sql.rows<KnownUpload & { id: string }>(
      `SELECT ${by} AS id, content_type AS "contentType", status FROM media.uploads WHERE ${by} = ANY ($1::uuid[])`,
      [ids],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** @returns a page of a user's uploads, in the order of their ids */
  ofOwner(ownerId: string, after: string, limit: number): Promise<OwnUpload[]> {
    return this.sql.rows<OwnUpload & Record<string, unknown>>(
      `SELECT id, media_key AS "mediaKey", file_name AS "fileName", content_type AS "contentType", size, status,
              uses, created_at AS "createdAt"
       FROM media.uploads WHERE owner_id = $1 AND id > $2 ORDER BY id LIMIT $3`,
      [ownerId, after, limit],
    );
  }

  /** Locks a user's uploads until the current transaction ends. */
  async lockOfOwner(ownerId: string, limit: number): Promise<string[]> {
    const rows = await this.sql.rows<{ id: string }>(
      'SELECT id FROM media.uploads WHERE owner_id = $1 ORDER BY id LIMIT $2 FOR UPDATE',
      [ownerId, limit],
    );
    return rows.map(({ id }) => id);
  }
}
