import { Injectable } from '@nestjs/common';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import type { ExportedOperation } from '../contract';
import { Operation, type OperationKind, type OperationState } from '../model/operation';

export const operationSchema = new EntitySchema<OperationState>({
  name: 'Operation',
  schema: 'operations',
  tableName: 'operations',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    kind: { type: 'text' },
    userId: { type: 'uuid', name: 'user_id' },
    status: { type: 'text' },
    dueAt: { type: 'timestamptz', name: 'due_at' },
    finishedHolders: { type: 'text', array: true, name: 'finished_holders' },
    progress: { type: 'int' },
    receipt: { type: 'jsonb' },
    requestedAt: { type: 'timestamptz', name: 'requested_at' },
    finishedAt: { type: 'timestamptz', name: 'finished_at', nullable: true },
  },
});

/** The exports and erasures, and the pages of exports. */
@Injectable()
export class StoredOperations extends Repository<OperationState, Operation> {
  protected readonly storedAs: StoredAs<OperationState, Operation> = {
    schema: operationSchema,
    restore: (state) => new Operation(state),
  };

  /**
   * Serializes requests of one user until the current transaction ends.
   *
   * @returns the unfinished operation of this kind; undefined if there is none
   */
  async openOf(userId: string, kind: OperationKind): Promise<Operation | undefined> {
    await this.lockRequestsOf(userId);
    const row = await this.sql.row<{ id: string }>(
      `SELECT id FROM operations.operations WHERE user_id = $1 AND kind = $2 AND status IN ('queued', 'running')`,
      [userId, kind],
    );
    return row && this.get(row.id);
  }

  /**
   * Serializes requests of one user until the current transaction ends.
   *
   * @param seconds maximum age of an export that is returned again
   * @param keptSeconds time for which an export can be downloaded
   * @returns the unfinished export, else the latest one within that age that can be downloaded
   */
  async recentExportOf(userId: string, seconds: number, keptSeconds: number): Promise<Operation | undefined> {
    await this.lockRequestsOf(userId);
    const row = await this.sql.row<{ id: string }>(
      `SELECT id FROM operations.operations WHERE user_id = $1 AND kind = 'export'
         AND (status IN ('queued', 'running')
           OR status = 'succeeded' AND requested_at > now() - make_interval(secs => $2)
             AND finished_at > now() - make_interval(secs => $3))
       ORDER BY requested_at DESC LIMIT 1`,
      [userId, seconds, keptSeconds],
    );
    return row && this.get(row.id);
  }

  private async lockRequestsOf(userId: string): Promise<void> {
    await this.sql.execute(
      `SELECT pg_advisory_xact_lock(hashtextextended('operations.operations:' || $1, 0))`,
      [userId],
    );
  }

  /**
   * @param after last id of the previous page
   * @returns the operations of a user by id, at most `limit`
   */
  about(userId: string, after: string, limit: number): Promise<ExportedOperation[]> {
    return this.sql.rows<ExportedOperation & Record<string, unknown>>(
      `SELECT id, kind, status, requested_at AS "requestedAt", finished_at AS "finishedAt"
       FROM operations.operations WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT $3`,
      [userId, after, limit],
    );
  }

  /** @returns ids of erasures whose grace period is over and that have not started. */
  async dueErasures(limit: number): Promise<string[]> {
    const rows = await this.sql.rows<{ id: string }>(
      `SELECT id FROM operations.operations WHERE status = 'queued' AND kind = 'erasure' AND due_at <= now()
       ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
      [limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Stores a page of an export. */
  async addPage(
    operationId: string,
    holder: string,
    section: string,
    number: number,
    rows: readonly object[],
  ): Promise<void> {
    await this.sql.execute(
      `INSERT INTO operations.export_pages (operation_id, holder, section, number, rows) VALUES ($1, $2, $3, $4, $5)`,
      [operationId, holder, section, number, JSON.stringify(rows)],
    );
  }

  /**
   * Deletes pages of exports that ended more than the given seconds ago, at most `limit`.
   *
   * @returns number of deleted pages
   */
  removeOldPages(olderThanSeconds: number, limit: number): Promise<number> {
    return this.sql.execute(
      `DELETE FROM operations.export_pages WHERE ctid = ANY (ARRAY(
         SELECT p.ctid FROM operations.export_pages p JOIN operations.operations o ON o.id = p.operation_id
         WHERE o.finished_at < now() - make_interval(secs => $1) LIMIT $2))`,
      [olderThanSeconds, limit],
    );
  }

  /**
   * Deletes the exports of a user, finished or not.
   *
   * @returns number of deleted exports
   */
  async removeExportsOf(userId: string): Promise<number> {
    return this.sql.execute(`DELETE FROM operations.operations WHERE user_id = $1 AND kind = 'export'`, [
      userId,
    ]);
  }
}
