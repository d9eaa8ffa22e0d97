import { Injectable } from '@nestjs/common';
import { Sql, Transaction } from '@rookery/persistence';

/** A request for one token from a bucket. */
export interface CountedDraw {
  key: string;
  /** Capacity of the bucket in tokens. */
  limit: number;
  /** Microseconds until a token is refilled. */
  intervalUs: number;
}

/** State of the buckets: for each the microseconds until it is full again, in the order requested. */
export interface TokenGrant {
  granted: boolean;
  fullInUs: number[];
}

class Refused extends Error {}

const FULL_IN = `greatest(0, extract(epoch FROM full_at - statement_timestamp()) * 1000000)::float8 AS "fullIn"`;

/**
 * Token buckets in PostgreSQL, for limits that must hold while Redis is down or after it was flushed. A bucket is one
 * timestamp: when it will be full again (the virtual scheduling form of the token bucket, ITU-T I.371).
 */
@Injectable()
export class RateCounters {
  constructor(
    private readonly sql: Sql,
    private readonly transaction: Transaction,
  ) {}

  /**
   * Takes a token from each bucket, or none from any, in a separate transaction. If one is empty, a read is enough to
   * reject the request: an upsert would lock the row, which is a write, for every request of an attacker.
   */
  async take(draws: readonly CountedDraw[]): Promise<TokenGrant> {
    const fullInUs = await this.transaction.outside(() => this.look(draws));
    if (draws.some(({ limit, intervalUs }, index) => fullInUs[index]! + intervalUs > limit * intervalUs))
      return { granted: false, fullInUs };
    try {
      const taken = new Map<string, number>();
      const take = async (draw: CountedDraw) => void taken.set(draw.key, await this.takeOne(draw));
      const [first, ...others] = draws;
      await this.alone(async () => {
        // With a single bucket there is nothing to undo if it is empty, so the commit is sent together with the
        // statement.
        if (others.length === 0) return this.transaction.leaveToCommit(() => take(first!));
        // The same order for all callers, to prevent deadlocks.
        for (const draw of draws.toSorted((a, b) => (a.key < b.key ? -1 : 1))) await take(draw);
      });
      return { granted: true, fullInUs: draws.map(({ key }) => taken.get(key)!) };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return { granted: false, fullInUs: await this.look(draws) };
    }
  }

  /** Puts a token back into each bucket. */
  async refund(draws: readonly CountedDraw[]): Promise<void> {
    await this.alone(async () => {
      for (const { key, intervalUs } of draws.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
        await this.sql.execute(
          `UPDATE platform.rate_counters SET full_at = full_at - make_interval(secs => $2::float8 / 1000000) WHERE key = $1`,
          [key, intervalUs],
        );
      }
    });
  }

  /**
   * Deletes buckets that are full again, at most the given number: a missing bucket is full.
   *
   * @returns number of deleted buckets
   */
  prune(limit: number): Promise<number> {
    return this.sql.execute(
      `DELETE FROM platform.rate_counters WHERE full_at < now() AND key IN (
         SELECT key FROM platform.rate_counters WHERE full_at < now() LIMIT $1 FOR UPDATE SKIP LOCKED)`,
      [limit],
    );
  }

  /** One timestamp for the whole statement; a clock that lags behind another statement's never grants more. */
  private async takeOne({ key, limit, intervalUs }: CountedDraw): Promise<number> {
    const row = await this.sql.row<{ fullIn: number }>(
      `INSERT INTO platform.rate_counters AS c (key, full_at)
       VALUES ($1, statement_timestamp() + make_interval(secs => $2::float8 / 1000000))
       ON CONFLICT (key) DO UPDATE
         SET full_at = greatest(c.full_at, statement_timestamp()) + make_interval(secs => $2::float8 / 1000000)
         WHERE greatest(c.full_at, statement_timestamp()) + make_interval(secs => $2::float8 / 1000000)
           <= statement_timestamp() + make_interval(secs => $2::float8 * $3 / 1000000)
       RETURNING ${FULL_IN}`,
      [key, intervalUs, limit],
    );
    if (!row) throw new Refused();
    return row.fullIn;
  }

  private async look(draws: readonly CountedDraw[]): Promise<number[]> {
    const rows = await this.sql.rows<{ key: string; fullIn: number }>(
      `SELECT key, ${FULL_IN} FROM platform.rate_counters WHERE key = ANY($1)`,
      [draws.map(({ key }) => key)],
    );
    const known = new Map(rows.map(({ key, fullIn }) => [key, fullIn]));
    return draws.map(({ key }) => known.get(key) ?? 0);
  }

  private alone<T>(work: () => Promise<T>): Promise<T> {
    return this.transaction.outside(() => this.transaction.run(work));
  }
}
