import { Aggregate, type AggregateState, newId } from '@rookery/domain';
import { FocusStarted, FocusStopped } from '../contract';

export interface FocusSessionState extends AggregateState {
  userId: string;
  todoId: string;
  workspaceId: string;
  startedAt: Date;
  /** Null while it is active. */
  stoppedAt: Date | null;
}

/** A time in which a user works on one todo. */
export class FocusSession extends Aggregate<FocusSessionState> {
  static start(userId: string, todoId: string, workspaceId: string, now: Date): FocusSession {
    const of = { userId, todoId, workspaceId };
    const session = new FocusSession({ ...of, id: newId(), version: 0, startedAt: now, stoppedAt: null });
    session.raise(FocusStarted, of);
    return session;
  }

  /** An active one is active no more. */
  stop(now: Date): void {
    this.state.stoppedAt = now;
    const { userId, todoId, workspaceId } = this.state;
    this.raise(FocusStopped, { userId, todoId, workspaceId });
  }
}
