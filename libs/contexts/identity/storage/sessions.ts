import { Injectable } from '@nestjs/common';
import { type EventDefinition, newId } from '@rookery/domain';
import { Outbox, Sql, Transaction } from '@rookery/persistence';
import { plainAddress } from '@rookery/web';
import { SessionRevoked } from '../contract/events';
import { RefreshReused } from '../events';
import type { Role } from '../model/user';
import { IdentitySettings } from '../settings';

/** Where a session was started. */
export interface Client {
  ip: string;
  userAgent: string;
}

/** Why a session ended early. */
export type EndReason =
  | 'logout'
  | 'ended-by-owner'
  | 'ended-by-admin'
  | 'refresh-reused'
  | 'password-changed'
  | 'account-deleted'
  | 'too-many-sessions';

/** Data for the tokens of a session. */
export interface SessionState {
  id: string;
  userId: string;
  role: Role;
  /** Whether its refresh token is in a cookie of a browser; otherwise the client has it. */
  inCookie: boolean;
  /** Number of the current refresh token. */
  counter: number;
  /** When the user last authenticated with password or second factor; null if that was invalidated. */
  authenticatedAt: Date | null;
  /** Number of authentications; a token that was issued for an earlier one is not fresh. */
  proofVersion: number;
  /**
   * Whether the current refresh token was issued by the last reauthentication, so that its predecessor is from before.
   */
  rotatedByProof: boolean;
  /** Seconds since the current refresh token replaced its predecessor. */
  secondsSinceRotation: number;
  /** Seconds until it ends unless it is refreshed. */
  idleSeconds: number;
}

/** Days for which device and network of a session are known after its last use. */
const KNOWN_DAYS = 180;
/** Maximum sessions of an account that are searched. */
const MAX_KNOWN_ORIGINS = 1_000;

/** Maximum consecutive failed reauthentications of a session. */
const MAX_PROOF_TRIES = 10;

const STATE = `s.id, s.user_id AS "userId", u.role, s.in_cookie AS "inCookie", s.counter, s.authenticated_at AS "authenticatedAt",
  s.proof_version AS "proofVersion",
  s.authenticated_at IS NOT DISTINCT FROM s.rotated_at AS "rotatedByProof",
  extract(epoch FROM now() - s.rotated_at)::float8 AS "secondsSinceRotation",
  extract(epoch FROM least(s.idle_expires_at, s.expires_at) - now())::int AS "idleSeconds"`;
const ALIVE = `s.revoked_at IS NULL AND s.idle_expires_at > now() AND s.expires_at > now() AND u.status = 'active'`;

/** The sessions of all users. */
@Injectable()
export class Sessions {
  private readonly listeners: ((ids: readonly string[]) => void)[] = [];

  constructor(
    private readonly outbox: Outbox,
    private readonly settings: IdentitySettings,
    private readonly sql: Sql,
    private readonly transaction: Transaction,
  ) {}

  /**
   * Registers a listener for ids of sessions that have ended or whose authentication changed, called after each such
   * commit of this process. Data that was read earlier can be outdated.
   */
  onChange(listener: (ids: readonly string[]) => void): void {
    this.listeners.push(listener);
  }

  /**
   * Starts a session; of more than `MAX_SESSIONS_PER_USER` the least recently refreshed one ends. Serialized with a
   * concurrent deletion of the account.
   *
   * @param inCookie see {@link SessionState}
   * @returns the new session; undefined if the account is not active (any more)
   */
  async start(userId: string, client: Client, inCookie: boolean): Promise<SessionState | undefined> {
    const id = newId();
    // Sign-ins hold only a shared lock on the account's row, so they are serialized here: each counts those before it.
    this.sql.send(`SELECT pg_advisory_xact_lock(hashtextextended('identity.sessions:' || $1, 0))`, [userId]);
    this.sql.send(
      `INSERT INTO identity.sessions (id, user_id, ip, user_agent, idle_expires_at, expires_at, authenticated_at, in_cookie)
       SELECT $1, id, $3, $4, now() + make_interval(days => $5), now() + make_interval(days => $6), now(), $7
       FROM identity.users WHERE id = $2 AND status = 'active' FOR SHARE`,
      [
        id,
        userId,
        plainAddress(client.ip),
        client.userAgent.slice(0, 400),
        this.settings.sessionIdleDays,
        this.settings.sessionMaxDays,
        inCookie,
      ],
    );
    const tooMany = this.end(
      `id IN (SELECT id FROM identity.sessions
              WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL AND least(idle_expires_at, expires_at) > now()
              ORDER BY last_seen_at DESC, id DESC OFFSET $3)`,
      [userId, id, this.settings.maxSessions - 1],
      'too-many-sessions',
    );
    const [started] = await Promise.all([this.alive(id), tooMany]);
    return started;
  }

  /** @returns sessions in the order of their ids; undefined for one that has ended, or never was */
  async allAlive(ids: readonly string[]): Promise<(SessionState | undefined)[]> {
    const rows = await this.sql.rows<SessionState & Record<string, unknown>>(
      `SELECT ${STATE} FROM identity.sessions s JOIN identity.users u ON u.id = s.user_id
       WHERE s.id = ANY ($1::uuid[]) AND ${ALIVE}`,
      [ids],
    );
    const found = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => found.get(id));
  }

  /** @returns a session that has not ended; undefined for any other. */
  async alive(id: string): Promise<SessionState | undefined> {
    return (await this.allAlive([id]))[0];
  }

  /** Like {@link alive}, and locks it until the current transaction ends. */
  lock(id: string): Promise<SessionState | undefined> {
    return this.sql.row<SessionState & Record<string, unknown>>(
      `SELECT ${STATE} FROM identity.sessions s JOIN identity.users u ON u.id = s.user_id
       WHERE s.id = $1 AND ${ALIVE} FOR UPDATE OF s`,
      [id],
    );
  }

  /**
   * Reads without opening the transaction.
   *
   * @param email need not belong to an account
   * @returns whether a session of the account was started from an address between the two
   */
  async startedBetween(email: string, first: string, last: string): Promise<boolean> {
    const row = await this.transaction.outside(() =>
      this.sql.row(
        `SELECT 1 AS known FROM identity.users u JOIN identity.sessions s ON s.user_id = u.id
         WHERE u.email = $1 AND s.ip BETWEEN $2::inet AND $3::inet
           AND s.last_seen_at > now() - make_interval(days => ${KNOWN_DAYS})
         LIMIT 1`,
        [email, first, last],
      ),
    );
    return row !== undefined;
  }

  /**
   * @returns whether it is a session of the account with an address, ended or not, that was used in the past 180 days.
   */
  async isOf(email: string, id: string): Promise<boolean> {
    const row = await this.transaction.outside(() =>
      this.sql.row(
        `SELECT 1 AS known FROM identity.sessions s JOIN identity.users u ON u.id = s.user_id
         WHERE s.id = $1 AND u.email = $2 AND s.last_seen_at > now() - make_interval(days => ${KNOWN_DAYS})`,
        [id, email],
      ),
    );
    return row !== undefined;
  }

  /** @returns the most recently used sessions of an account, and where each was started. */
  async originsOf(email: string): Promise<{ id: string; ip: string }[]> {
    return this.sql.rows<{ id: string; ip: string }>(
      `SELECT s.id, host(s.ip) AS ip FROM identity.users u JOIN identity.sessions s ON s.user_id = u.id
       WHERE u.email = $1 ORDER BY s.last_seen_at DESC LIMIT ${MAX_KNOWN_ORIGINS}`,
      [email],
    );
  }

  /** @returns where a session was started; undefined if there is none. Does not open the transaction. */
  async addressOf(id: string): Promise<string | undefined> {
    const row = await this.transaction.outside(() =>
      this.sql.row<{ ip: string }>('SELECT host(ip) AS ip FROM identity.sessions WHERE id = $1', [id]),
    );
    return row?.ip;
  }

  /** Rotates the refresh token. */
  async rotate(id: string): Promise<void> {
    await this.sql.execute(
      `UPDATE identity.sessions
       SET counter = counter + 1, rotated_at = now(), last_seen_at = now(),
           idle_expires_at = now() + make_interval(days => $2)
       WHERE id = $1`,
      [id, this.settings.sessionIdleDays],
    );
  }

  /**
   * Records a reauthentication in a session, and rotates the refresh token. Earlier authentications, even if
   * invalidated since, no longer count for tokens that were issued then.
   */
  async prove(id: string): Promise<void> {
    await this.rotate(id);
    // The same now(): that is how `rotatedByProof` knows.
    await this.sql.execute(
      `UPDATE identity.sessions
       SET authenticated_at = rotated_at, proof_version = proof_version + 1, proof_tries = 0 WHERE id = $1`,
      [id],
    );
    this.changed([id]);
  }

  /** Invalidates the authentication of a session. */
  async invalidateProof(id: string): Promise<void> {
    await this.sql.execute('UPDATE identity.sessions SET authenticated_at = NULL WHERE id = $1', [id]);
    this.changed([id]);
  }

  /**
   * Counts a reauthentication attempt before the comparison.
   *
   * @returns false if too many have failed
   */
  async takeProofTry(id: string): Promise<boolean> {
    const taken = await this.sql.execute(
      'UPDATE identity.sessions SET proof_tries = proof_tries + 1 WHERE id = $1 AND proof_tries < $2',
      [id, MAX_PROOF_TRIES],
    );
    return taken === 1;
  }

  /** Invalidates the authentication of the other sessions of a user. */
  async voidOtherProofs(userId: string, except: string): Promise<void> {
    const others = await this.sql.rows<{ id: string }>(
      `UPDATE identity.sessions SET authenticated_at = NULL WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL RETURNING id`,
      [userId, except],
    );
    this.changed(others.map(({ id }) => id));
  }

  /**
   * Ends a session.
   *
   * @returns whether it had not ended before
   */
  async revoke(id: string, reason: EndReason): Promise<boolean> {
    return (await this.end('id = $1', [id], reason)) === 1;
  }

  /**
   * Ends all sessions of a user, and sign-ins that wait for a second factor.
   *
   * @param except one that continues
   * @returns number of ended sessions
   */
  async revokeAll(userId: string, reason: EndReason, except: string | null = null): Promise<number> {
    await this.sql.execute('DELETE FROM identity.mfa_tokens WHERE user_id = $1', [userId]);
    return this.end('user_id = $1 AND id IS DISTINCT FROM $2::uuid', [userId, except], reason);
  }

  /**
   * Deletes sessions that ended so long ago that they no longer identify known devices and networks. A session that was
   * not refreshed in time counts as ended at the end of its refresh period.
   *
   * @param limit maximum number of sessions to delete
   * @returns number of deleted sessions
   */
  prune(limit: number): Promise<number> {
    return this.sql.execute(
      `DELETE FROM identity.sessions WHERE id IN (
         SELECT id FROM identity.sessions
         WHERE least(revoked_at, expires_at) < now() - make_interval(days => ${KNOWN_DAYS})
         ORDER BY least(revoked_at, expires_at) LIMIT $1)`,
      [limit],
    );
  }

  private async end(which: string, values: unknown[], reason: EndReason): Promise<number> {
    const ended = await this.sql.rows<{ id: string; userId: string }>(
      `UPDATE identity.sessions SET revoked_at = now() WHERE revoked_at IS NULL AND ${which}
       RETURNING id, user_id AS "userId"`,
      values,
    );
    const events = ended.flatMap(({ id, userId }) => {
      const stolen =
        reason === 'refresh-reused'
          ? [{ definition: RefreshReused as EventDefinition, data: { userId } }]
          : [];
      const revoked = { definition: SessionRevoked as EventDefinition, data: { userId, reason } };
      return [...stolen, revoked].map((event, index) => ({ ...event, subject: id, sequence: index + 1 }));
    });
    if (events.length > 0) await this.outbox.append(events);
    this.changed(ended.map(({ id }) => id));
    return ended.length;
  }

  private changed(ids: readonly string[]): void {
    if (ids.length === 0) return;
    this.transaction.afterCommit(() => this.listeners.forEach((listener) => listener(ids)));
  }
}
