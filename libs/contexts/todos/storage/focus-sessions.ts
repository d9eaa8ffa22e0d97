import { Injectable } from '@nestjs/common';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { FocusSession, type FocusSessionState } from '../model/focus-session';
import { FocusActive } from '../model/rejections';

/** Maximum number of sessions kept for each user; older ones are deleted. */
const MAX_SESSIONS = 1_000;

export const focusSessionSchema = new EntitySchema<FocusSessionState>({
  name: 'FocusSession',
  schema: 'todos',
  tableName: 'focus_sessions',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    userId: { type: 'uuid', name: 'user_id' },
    todoId: { type: 'uuid', name: 'todo_id' },
    workspaceId: { type: 'uuid', name: 'workspace_id' },
    startedAt: { type: 'timestamptz', precision: 3, name: 'started_at' },
    stoppedAt: { type: 'timestamptz', precision: 3, name: 'stopped_at', nullable: true },
  },
});

/** The focus sessions of all users. A unique index allows one active session for each user. */
@Injectable()
export class FocusSessions extends Repository<FocusSessionState, FocusSession> {
  protected readonly storedAs: StoredAs<FocusSessionState, FocusSession> = {
    schema: focusSessionSchema,
    restore: (state) => new FocusSession(state),
    unique: { focus_sessions_active_key: FocusActive },
  };

  /** Sends the statement that deletes all but the latest sessions of a user. */
  forgetOld(userId: string): void {
    this.sql.send(
      `DELETE FROM todos.focus_sessions WHERE id IN (
         SELECT id FROM todos.focus_sessions WHERE user_id = $1 ORDER BY id DESC OFFSET ${MAX_SESSIONS})`,
      [userId],
    );
  }

  /**
   * Stops and stores the active session of a user.
   *
   * @returns whether the user had an active session on that todo
   */
  async stopOn(todoId: string, userId: string, now: Date): Promise<boolean> {
    const row = await this.sql.row<{ id: string }>(
      `SELECT id FROM todos.focus_sessions WHERE user_id = $1 AND todo_id = $2 AND stopped_at IS NULL
       FOR NO KEY UPDATE`,
      [userId, todoId],
    );
    if (!row) return false;
    const session = await this.get(row.id);
    session.stop(now);
    await this.save(session);
    return true;
  }
}
