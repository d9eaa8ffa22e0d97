import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';

/** Token counts that language models charge for. */
export interface TokenUsage {
  inputTokens: number;
  outputTokens: number;
}

/** The used part of a daily budget. */
export interface Spent {
  tokens: number;
  /** Millionths of the currency that prices are set in. */
  costMicros: number;
}

/** Days that usage records are kept. */
const KEPT_DAYS = 90;

/** The usage of each user, by day (UTC). */
@Injectable()
export class Usage {
  constructor(private readonly sql: Sql) {}

  /** Adds the usage of one attempt, in the current transaction. */
  async add(
    userId: string,
    now: Date,
    { inputTokens, outputTokens, costMicros }: TokenUsage & { costMicros: number },
  ): Promise<void> {
    await this.sql.execute(
      `INSERT INTO tales.usage AS u (user_id, day, generations, input_tokens, output_tokens, cost_micros)
       VALUES ($1, $2, 1, $3, $4, $5)
       ON CONFLICT (user_id, day) DO UPDATE SET generations = u.generations + 1,
         input_tokens = u.input_tokens + excluded.input_tokens,
         output_tokens = u.output_tokens + excluded.output_tokens,
         cost_micros = u.cost_micros + excluded.cost_micros`,
      [userId, dayOf(now), inputTokens, outputTokens, costMicros],
    );
  }

  /** @returns the usage of a user on the day that contains an instant */
  async of(userId: string, now: Date): Promise<Spent> {
    const row = await this.sql.row<{ tokens: number; costMicros: number }>(
      `SELECT (input_tokens + output_tokens)::float8 AS tokens, cost_micros::float8 AS "costMicros"
       FROM tales.usage WHERE user_id = $1 AND day = $2`,
      [userId, dayOf(now)],
    );
    return row ?? { tokens: 0, costMicros: 0 };
  }

  /** Deletes records older than 90 days. @param limit maximum rows per call */
  async prune(now: Date, limit: number): Promise<number> {
    const before = new Date(now.getTime() - KEPT_DAYS * 86_400_000);
    return this.sql.execute(
      `DELETE FROM tales.usage WHERE (user_id, day) IN (
         SELECT user_id, day FROM tales.usage WHERE day < $1 ORDER BY day LIMIT $2)`,
      [dayOf(before), limit],
    );
  }
}

function dayOf(now: Date): string {
  return now.toISOString().slice(0, 10);
}
