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

/** A period in which a user works on one todo. */
export class FocusSession extends Aggregate<FocusSessionState> {
  static start(userId: string, todoId: string, workspaceId: string, now: Date): FocusSession {
    const of = { userId, todoId, workspaceId };
    const session = new FocusSession({ ...of, id: newId(), version: 0, startedAt: now, stoppedAt: null });
    session.raise(FocusStarted, of);
    return session;
  }

  /** Ends an active session. */
  stop(now: Date): void {
    this.state.stoppedAt = now;
    const { userId, todoId, workspaceId } = this.state;
    this.raise(FocusStopped, { userId, todoId, workspaceId });
  }
}
