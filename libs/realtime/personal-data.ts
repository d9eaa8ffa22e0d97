import { Injectable } from '@nestjs/common';
import type { ErasedCounts, ExportedPage, PersonalData } from '@rookery/application';
import { Sql } from '@rookery/persistence';

const PAGE = 500;

/** The frames of a user, which are kept for some minutes. */
@Injectable()
export class RealtimePersonalData implements PersonalData {
  constructor(private readonly sql: Sql) {}

  async *export(userId: string): AsyncIterable<ExportedPage> {
    for (let after = '0'; ;) {
      const rows = await this.sql.rows<{ seq: string; type: string; payload: object; occurredAt: Date }>(
        `SELECT seq, type, payload, occurred_at AS "occurredAt" FROM realtime.frames
         WHERE user_id = $1 AND seq > $2 ORDER BY seq LIMIT ${PAGE}`,
        [userId, after],
      );
      if (rows.length > 0)
        yield ['frames', rows.map(({ type, payload, occurredAt }) => ({ type, payload, occurredAt }))];
      if (rows.length < PAGE) return;
      after = rows.at(-1)!.seq;
    }
  }

  /** Deletes the stream last: a frame that is being sent locks it, so no frame is left behind. */
  async erase(userId: string, limit: number): Promise<ErasedCounts> {
    const frames = await this.sql.execute(
      `DELETE FROM realtime.frames WHERE user_id = $1
       AND seq IN (SELECT seq FROM realtime.frames WHERE user_id = $1 ORDER BY seq LIMIT $2)`,
      [userId, limit],
    );
    const streams =
      frames > 0 ? 0 : await this.sql.execute('DELETE FROM realtime.streams WHERE user_id = $1', [userId]);
    return { frames, streams };
  }
}
