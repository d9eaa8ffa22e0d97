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
 * Cached data of the sessions whose access tokens are in use. PostgreSQL is queried once per session and process every
 * four seconds, with one statement for all sessions of one turn of the event loop. So a revoked session, role or
 * reauthentication becomes invalid before the tokens expire, without Redis. Changes by this process take effect as soon
 * as they are committed.
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
   * @param maxAgeMs maximum age of cached data; 0 for none
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
    return workContext().waitBudget?.limit(reading) ?? reading();
  }

  /** Invalidates the cached session in this process. */
  forget(sessionId: string): void {
    this.known.delete(sessionId);
  }
}
