import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type SessionState, Sessions } from '../storage/sessions';

/** Milliseconds for which a session is believed to go on: revoking one bites within as long. */
const BELIEVED_MS = 4_000;
const MOST_KNOWN = 50_000;

/**
 * What is known of the sessions whose access tokens are in use. PostgreSQL is asked once per session, process and
 * four seconds, so that a session, a role or a proof that is taken back stops to count without waiting for tokens to
 * expire, and without Redis.
 */
@Injectable()
export class SessionWatch {
  private readonly known = new LRUCache<string, Promise<SessionState | undefined>>({
    max: MOST_KNOWN,
    ttl: BELIEVED_MS,
  });

  constructor(private readonly sessions: Sessions) {}

  /** @returns undefined when it has ended. */
  async look(sessionId: string): Promise<SessionState | undefined> {
    let state = this.known.get(sessionId);
    if (!state) {
      state = this.sessions.alive(sessionId);
      this.known.set(sessionId, state);
      state.catch(() => this.known.delete(sessionId));
    }
    return state;
  }

  /** Looks anew at its next use, in this process at once. */
  forget(sessionId: string): void {
    this.known.delete(sessionId);
  }
}
