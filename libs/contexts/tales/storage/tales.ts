import { Injectable } from '@nestjs/common';
import { NotFound, Rejection } from '@rookery/domain';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { Tale, type TaleState } from '../model/tale';

/** Maximum tales that are kept per user; the oldest are deleted. */
const MAX_TALES = 1_000;

export const taleSchema = new EntitySchema<TaleState>({
  name: 'Tale',
  schema: 'tales',
  tableName: 'tales',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    userId: { type: 'uuid', name: 'user_id' },
    status: { type: 'text' },
    run: { type: 'int' },
    prompt: { type: 'text', nullable: true },
    interests: { type: 'text', array: true },
    tone: { type: 'text' },
    length: { type: 'text' },
    language: { type: 'text' },
    generator: { type: 'text', nullable: true },
    title: { type: 'text', nullable: true },
    content: { type: 'text', nullable: true },
    words: { type: 'int', nullable: true },
    failure: { type: 'text', nullable: true },
    createdAt: { type: 'timestamptz', precision: 3, name: 'created_at' },
    requestedAt: { type: 'timestamptz', precision: 3, name: 'requested_at' },
    finishedAt: { type: 'timestamptz', precision: 3, name: 'finished_at', nullable: true },
  },
});

/** The tales of all users. */
@Injectable()
export class Tales extends Repository<TaleState, Tale> {
  protected readonly storedAs: StoredAs<TaleState, Tale> = {
    schema: taleSchema,
    restore: (state) => new Tale(state),
  };

  /**
   * Counts the unfinished tales of a user, and holds a lock until the current transaction ends, so that others who
   * count wait.
   *
   * @returns number of unfinished tales of the user
   */
  async countActive(userId: string): Promise<number> {
    await this.sql.execute(`SELECT pg_advisory_xact_lock(hashtextextended('tales.active:' || $1, 0))`, [
      userId,
    ]);
    // A separate statement: its snapshot must be taken after the lock.
    const row = await this.sql.row<{ active: number }>(
      `SELECT count(*)::int AS active FROM tales.tales
       WHERE user_id = $1 AND status IN ('requested', 'generating')`,
      [userId],
    );
    return row!.active;
  }

  /** Deletes all but the latest tales of a user, without waiting for the result. Keeps unfinished ones. */
  forgetOld(userId: string): void {
    this.sql.send(
      `DELETE FROM tales.tales WHERE status NOT IN ('requested', 'generating') AND id IN (
         SELECT id FROM tales.tales WHERE user_id = $1 ORDER BY created_at DESC, id DESC OFFSET ${MAX_TALES})`,
      [userId],
    );
  }

  /** @returns ids of the unfinished tales of a user, in order, so that they can be locked one by one */
  async active(userId: string): Promise<string[]> {
    const rows = await this.sql.rows<{ id: string }>(
      `SELECT id FROM tales.tales WHERE user_id = $1 AND status IN ('requested', 'generating') ORDER BY id`,
      [userId],
    );
    return rows.map(({ id }) => id);
  }

  /**
   * Loads and locks a tale of a user.
   *
   * @throws Rejection `resource.not-found`, also if it belongs to another user
   */
  async getOwn(id: string, userId: string): Promise<Tale> {
    const tale = await this.getLocked(id);
    if (tale.userId !== userId) throw new Rejection(NotFound);
    return tale;
  }

  /** Loads and locks a tale. @returns undefined if it is gone */
  async findLocked(id: string): Promise<Tale | undefined> {
    try {
      return await this.getLocked(id);
    } catch (error) {
      if (error instanceof Rejection && error.code === NotFound.code) return undefined;
      throw error;
    }
  }
}
