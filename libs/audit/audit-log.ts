import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';

/** One action that was done or attempted. */
export interface AuditEntry {
  id: string;
  at: Date;
  action: string;
  actorId: string | null;
  subjectId: string | null;
  outcome: string;
  code: string | null;
  details: Record<string, unknown>;
  eventIds: string[];
  correlationId: string | null;
  causationId: string | null;
  /** Null if it is unknown or was deleted. */
  ip: string | null;
  userAgentHash: string | null;
  /** Position in the chain; null until it is sealed. */
  position: number | null;
}

/** Filter of entries; null matches all. */
export interface AuditFilter {
  actorId: string | null;
  subjectId: string | null;
  /** Current and previous names of an action. */
  actions: readonly string[] | null;
  since: string | null;
  until: string | null;
}

const COLUMNS = `e.id, e.at, e.action, e.actor_id AS "actorId", e.subject_id AS "subjectId", e.outcome, e.code, e.details,
  e.event_ids::text[] AS "eventIds", e.correlation_id AS "correlationId", e.causation_id AS "causationId",
  host(o.ip) AS ip, encode(o.user_agent_hash, 'hex') AS "userAgentHash"`;

/** Reads the audit log. */
@Injectable()
export class AuditLog {
  constructor(private readonly sql: Sql) {}

  /**
   * @param before id of the last entry of the previous page; the highest id for the first page
   * @returns newest first
   */
  entries(filter: AuditFilter, before: string, limit: number): Promise<AuditEntry[]> {
    return this.sql.rows<AuditEntry & Record<string, unknown>>(
      `SELECT ${COLUMNS}, s.position::float8 AS position
       FROM audit.entries e LEFT JOIN audit.origins o ON o.entry_id = e.id LEFT JOIN audit.seals s ON s.entry_id = e.id
       WHERE ($1::uuid IS NULL OR e.actor_id = $1::uuid) AND ($2::uuid IS NULL OR e.subject_id = $2::uuid)
         AND ($3::text[] IS NULL OR e.action = ANY ($3::text[]))
         AND ($4::timestamptz IS NULL OR e.at >= $4::timestamptz) AND ($5::timestamptz IS NULL OR e.at < $5::timestamptz)
         AND e.id < $6::uuid
       ORDER BY e.id DESC LIMIT $7`,
      [filter.actorId, filter.subjectId, filter.actions, filter.since, filter.until, before, limit],
    );
  }

  /**
   * @param correlationId `X-Request-Id` of a request
   * @returns entries of what the request caused, directly or through events, oldest first
   */
  caused(correlationId: string, limit: number): Promise<Omit<AuditEntry, 'position'>[]> {
    return this.sql.rows<Omit<AuditEntry, 'position'> & Record<string, unknown>>(
      `SELECT ${COLUMNS} FROM audit.entries e LEFT JOIN audit.origins o ON o.entry_id = e.id
       WHERE e.correlation_id = $1 ORDER BY e.correlation_id, e.id LIMIT $2`,
      [correlationId, limit],
    );
  }

  /**
   * @param after id of the last entry of the previous page; the lowest id for the first page
   * @returns entries of actions by a user or on a user, oldest first
   */
  about(userId: string, after: string, limit: number): Promise<Omit<AuditEntry, 'position'>[]> {
    return this.sql.rows<Omit<AuditEntry, 'position'> & Record<string, unknown>>(
      `SELECT ${COLUMNS} FROM audit.entries e LEFT JOIN audit.origins o ON o.entry_id = e.id
       WHERE e.id IN (
         (SELECT id FROM audit.entries WHERE actor_id = $1 AND id > $2 ORDER BY id LIMIT $3)
         UNION
         (SELECT id FROM audit.entries WHERE subject_id = $1 AND id > $2 ORDER BY id LIMIT $3))
       ORDER BY e.id LIMIT $3`,
      [userId, after, limit],
    );
  }

  /**
   * Deletes the origins of a user's entries. The entries stay: they contain only ids.
   *
   * @returns number of deleted origins
   */
  forgetOriginsOf(userId: string, limit: number): Promise<number> {
    return this.sql.execute(
      `DELETE FROM audit.origins WHERE entry_id IN (
         SELECT o.entry_id FROM audit.entries e JOIN audit.origins o ON o.entry_id = e.id
         WHERE e.actor_id = $1 OR e.subject_id = $1 LIMIT $2)`,
      [userId, limit],
    );
  }

  /** Deletes origins that are older than the given number of days. */
  forgetOldOrigins(days: number, limit: number): Promise<number> {
    return this.sql.execute(
      `DELETE FROM audit.origins WHERE entry_id IN (
         SELECT entry_id FROM audit.origins WHERE at < now() - make_interval(days => $1) ORDER BY at LIMIT $2)`,
      [days, limit],
    );
  }
}
