import { createHash } from 'node:crypto';

/** An entry of the audit log as the chain covers it; the column list is {@link ENTRY}. */
export interface SealedContent {
  id: string;
  /** ISO 8601, UTC, microseconds. */
  at: string;
  action: string;
  actorId: string | null;
  subjectId: string | null;
  correlationId: string | null;
  causationId: string | null;
  outcome: string;
  code: string | null;
  details: Record<string, unknown>;
  eventIds: string[];
  originDigest: Buffer | null;
}

/** Columns of `audit.entries e` that make a {@link SealedContent}. */
export const ENTRY = `e.id, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, e.action,
  e.actor_id AS "actorId", e.subject_id AS "subjectId", e.correlation_id AS "correlationId",
  e.causation_id AS "causationId", e.outcome, e.code, e.details, e.event_ids::text[] AS "eventIds",
  e.origin_digest AS "originDigest"`;

/** The hash before the first seal. */
export const GENESIS = createHash('sha256').update('rookery audit chain v1').digest();

/** @returns the hash of the entry sealed after the one with hash `previous`. */
export function sealOf(previous: Buffer, entry: SealedContent): Buffer {
  return createHash('sha256').update(previous).update(canonical(entry)).digest();
}

/** Canonical text: fixed fields in a fixed order, keys of details sorted. */
function canonical(entry: SealedContent): string {
  const details = Object.entries(entry.details).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    entry.id,
    entry.at,
    entry.action,
    entry.actorId,
    entry.subjectId,
    entry.correlationId,
    entry.causationId,
    entry.outcome,
    entry.code,
    details,
    entry.eventIds,
    entry.originDigest?.toString('hex') ?? null,
  ]);
}

/** Where a request came from. */
export interface Origin {
  ip: string;
  userAgentHash: Buffer;
  salt: Buffer;
}

/** @returns the salted digest of an origin: it verifies an existing origin and reveals nothing about a deleted one. */
export function digestOf({ ip, userAgentHash, salt }: Origin): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([salt.toString('hex'), ip, userAgentHash.toString('hex')]))
    .digest();
}
