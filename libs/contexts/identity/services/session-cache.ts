import { Injectable } from '@nestjs/common';
import { workContext } from '@rookery/observability';
import { TickBatcher } from '@rookery/persistence';
import { LRUCache } from 'lru-cache';
import { type SessionState, Sessions } from '../storage/sessions';

/** Cache TTL of a session in milliseconds: revoking one takes effect within this time. */
const CACHE_TTL_MS = 4_000;
const CACHE_SIZE = 50_000;

interface Entry {
  /** Time of the query, in milliseconds. */
  at: number;
  state: Promise<SessionState | undefined>;
}

/**
 * What is known of the sessions whose access tokens are in use. PostgreSQL is asked once per session, process and
 * four seconds, with one statement for those of one turn of the event loop, so that a session, a role or a proof that is
 * taken back stops to count without waiting for tokens to expire, and without Redis. What this process changes itself
 * counts as soon as it is committed.
 */
@Injectable()
export class SessionCache {
  private readonly known = new LRUCache<string, Entry>({ max: CACHE_SIZE, ttl: CACHE_TTL_MS });

  private readonly together: TickBatcher<string, SessionState | undefined>;

  constructor(sessions: Sessions) {
    this.together = new TickBatcher((ids) => sessions.allAlive(ids));
    sessions.onChange((ids) => ids.forEach((id) => this.forget(id)));
  }

  /**
   * @param issuedAt of the token, in seconds: older cached data is not used, because another process may have issued
   *   the token after a reauthentication
   * @param maxAgeMs of cached data, less than that; 0 for none
   * @returns undefined if it has ended
   */
  async get(sessionId: string, issuedAt = 0, maxAgeMs = CACHE_TTL_MS): Promise<SessionState | undefined> {
    const known = this.known.get(sessionId);
    if (known && known.at >= (issuedAt + 1) * 1_000 && known.at > Date.now() - maxAgeMs) return known.state;
    const entry = { at: Date.now(), state: this.read(sessionId) };
    this.known.set(sessionId, entry);
    entry.state.catch(() => this.known.delete(sessionId));
    return entry.state;
  }

  /** The statement belongs to several callers, so each waits for it on its own time. */
  private read(sessionId: string): Promise<SessionState | undefined> {
    const reading = () => this.together.run(sessionId);
    return workContext().waitBudget?.limit(reading, () => undefined) ?? reading();
  }

  /** Invalidates the cached session in this process. */
  forget(sessionId: string): void {
    this.known.delete(sessionId);
  }
}
