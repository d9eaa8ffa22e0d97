import { Injectable } from '@nestjs/common';
import { pagesById, Sql, Transaction } from '@rookery/persistence';
import { digestOf, ENTRY, GENESIS, type SealedContent, sealOf } from './entry';

const LOCK = "hashtext('audit.seal')";
const BATCH_SIZE = 1_000;
const PAGE = 2_000;

/**
 * The end of the chain. If it is stored outside the database, it proves that no earlier entry was removed or changed.
 */
export interface Root {
  /** Number of sealed entries. */
  count: number;
  /** Hash of the last seal, hexadecimal. */
  hash: string;
}

/**
 * @param text `<count>:<hash>`, in the format of the log and of the verification
 * @throws Error if the format is different
 */
export function readRoot(text: string): Root {
  const [, count, hash] = /^(\d+):([0-9a-f]{64})$/.exec(text) ?? [];
  if (count === undefined || hash === undefined)
    throw new Error(
      `"${text}" is not a root. A root has the form <count>:<hash>, with a hash of 64 hexadecimal digits.`,
    );
  return { count: Number(count), hash };
}

/** Result of {@link AuditChain.verify}. */
export type Verdict =
  | { intact: true; root: Root; waiting: number }
  | { intact: false; position: number | null; entryId: string | null; reason: string };

interface SealRow {
  position: number;
  entryId: string;
  hash: Buffer;
}

type CheckedRow = Partial<SealedContent> &
  SealRow & { ip: string | null; userAgentHash: Buffer | null; salt: Buffer | null };

/**
 * The hash chain over the audit log. One sealer at a time links committed entries; writers never wait for each other.
 * It detects changes only if a root is stored outside the database.
 */
@Injectable()
export class AuditChain {
  constructor(
    private readonly sql: Sql,
    private readonly transaction: Transaction,
  ) {}

  /**
   * Seals newly committed entries, oldest first; does nothing while another process is sealing.
   *
   * @returns how many entries were sealed
   */
  async seal(limit = BATCH_SIZE): Promise<number> {
    return this.transaction.run(async () => {
      const turn = await this.sql.row<{ mine: boolean }>(`SELECT pg_try_advisory_xact_lock(${LOCK}) AS mine`);
      if (!turn!.mine) return 0;
      // Separate statements: their snapshots must be newer than the lock.
      const last = await this.last();
      const entries = await this.sql.rows<SealedContent & Record<string, unknown>>(
        `SELECT ${ENTRY} FROM audit.unsealed u JOIN audit.entries e ON e.id = u.entry_id ORDER BY e.id LIMIT $1`,
        [limit],
      );
      if (entries.length === 0) return 0;
      let hash = last.hash;
      const hashes = entries.map((entry) => (hash = sealOf(hash, entry)));
      const ids = entries.map(({ id }) => id);
      await this.sql.execute(
        `INSERT INTO audit.seals (position, entry_id, hash)
         SELECT $1::bigint + nr, entry_id, hash
         FROM unnest($2::uuid[], $3::bytea[]) WITH ORDINALITY AS sealed (entry_id, hash, nr)`,
        [last.position, ids, hashes],
      );
      await this.sql.execute('DELETE FROM audit.unsealed WHERE entry_id = ANY ($1::uuid[])', [ids]);
      return entries.length;
    });
  }

  /** @returns the current end of the chain. */
  async root(): Promise<Root> {
    const { position, hash } = await this.last();
    return { count: position, hash: hash.toString('hex') };
  }

  /**
   * Verifies the whole chain and every entry that should be in it.
   *
   * @param known a root that was stored elsewhere
   * @returns the first problem found
   */
  async verify(known?: Root): Promise<Verdict> {
    let position = 0;
    let hash: Buffer = GENESIS;
    for (;;) {
      const rows = await this.sealsAfter(position);
      for (const row of rows) {
        const reason = problemWith(row, position + 1, hash, known);
        if (reason) return { intact: false, position: row.position, entryId: row.entryId, reason };
        ({ position, hash } = row);
      }
      if (rows.length < PAGE) break;
    }
    if (known && position < known.count) {
      const reason = `the chain ends at ${position}, but the given root has ${known.count} entries`;
      return { intact: false, position: position + 1, entryId: null, reason };
    }
    const stray = await this.neitherSealedNorQueued();
    if (stray) {
      return {
        intact: false,
        position: null,
        entryId: stray,
        reason: 'the entry is neither sealed nor waiting to be sealed',
      };
    }
    const waiting = await this.sql.row<{ count: number }>(
      'SELECT count(*)::int AS count FROM audit.unsealed',
    );
    return { intact: true, root: { count: position, hash: hash.toString('hex') }, waiting: waiting!.count };
  }

  private async last(): Promise<{ position: number; hash: Buffer }> {
    const row = await this.sql.row<{ position: number; hash: Buffer }>(
      'SELECT position::float8 AS position, hash FROM audit.seals ORDER BY audit.seals.position DESC LIMIT 1',
    );
    return row ?? { position: 0, hash: GENESIS };
  }

  private sealsAfter(position: number): Promise<CheckedRow[]> {
    return this.sql.rows<CheckedRow & Record<string, unknown>>(
      `SELECT s.position::float8 AS position, s.entry_id AS "entryId", s.hash, ${ENTRY},
              host(o.ip) AS ip, o.user_agent_hash AS "userAgentHash", o.salt
       FROM audit.seals s LEFT JOIN audit.entries e ON e.id = s.entry_id LEFT JOIN audit.origins o ON o.entry_id = e.id
       WHERE s.position > $1 ORDER BY s.position LIMIT ${PAGE}`,
      [position],
    );
  }

  private async neitherSealedNorQueued(): Promise<string | undefined> {
    const read = (after: string, limit: number) =>
      this.sql.rows<{ id: string; known: boolean }>(
        `SELECT e.id, EXISTS (SELECT 1 FROM audit.seals s WHERE s.entry_id = e.id)
                   OR EXISTS (SELECT 1 FROM audit.unsealed u WHERE u.entry_id = e.id) AS known
         FROM audit.entries e WHERE e.id > $1 ORDER BY e.id LIMIT $2`,
        [after, limit],
      );
    for await (const rows of pagesById(PAGE, read)) {
      const stray = rows.find(({ known }) => !known);
      if (stray) return stray.id;
    }
    return undefined;
  }
}

/** @returns the problem with a seal and its entry; undefined if there is none. */
function problemWith(row: CheckedRow, expected: number, previous: Buffer, known?: Root): string | undefined {
  if (row.position !== expected) return `seal ${expected} is missing`;
  if (row.id === null) return 'the entry is missing';
  if (!sealOf(previous, row as SealedContent).equals(row.hash)) {
    return 'the entry or its position differs from what was sealed';
  }
  if (known?.count === row.position && known.hash !== row.hash.toString('hex')) {
    return 'the chain up to here does not match the given root';
  }
  if (row.ip === null || row.userAgentHash === null || row.salt === null) return undefined;
  const origin = digestOf({ ip: row.ip, userAgentHash: row.userAgentHash, salt: row.salt });
  return row.originDigest?.equals(origin)
    ? undefined
    : 'the origin of the entry differs from what was recorded';
}
