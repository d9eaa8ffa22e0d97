import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';
import { BatchedReads } from './batched-reads';
import { Frame } from './frame';

/** Maximum frames per user and statement. */
export const PAGE = 32;
/** Users per statement, which limits memory, and concurrent statements. */
const USERS = 100;
const CONCURRENCY = 2;

/** A position in the stream of a user: after the frame with this number. */
interface Place {
  userId: string;
  after: number;
}

/** The position where a follower starts. */
export interface Start {
  /** Number of the latest frame; 0 if there was none. */
  latest: number;
  /** Whether all frames after the requested position are still stored. */
  complete: boolean;
}

/** Reads the streams of many users with one statement. */
@Injectable()
export class StoredFrames {
  private readonly pages = new BatchedReads<Place, Frame[]>(USERS, CONCURRENCY, (places) =>
    this.readPages(places),
  );
  private readonly starts = new BatchedReads<Place, Start>(USERS, CONCURRENCY, (places) =>
    this.readStarts(places),
  );

  constructor(private readonly sql: Sql) {}

  /** @returns the frames after a number, in order, at most {@link PAGE}. */
  after(userId: string, after: number): Promise<Frame[]> {
    return this.pages.run({ userId, after });
  }

  /** @param after number of the last frame that the user has received */
  startAt(userId: string, after: number): Promise<Start> {
    return this.starts.run({ userId, after });
  }

  /** @returns for the streams with frames after the given number, the number of their latest frame. */
  async grown(places: readonly Place[]): Promise<{ userId: string; seq: number }[]> {
    const rows = await this.sql.rows<{ userId: string; seq: string }>(
      `SELECT user_id AS "userId", seq
       FROM unnest($1::uuid[], $2::bigint[]) AS place (user_id, after) JOIN realtime.streams USING (user_id)
       WHERE seq > after`,
      columnsOf(places),
    );
    return rows.map(({ userId, seq }) => ({ userId, seq: Number(seq) }));
  }

  private async readPages(places: readonly Place[]): Promise<Frame[][]> {
    const rows = await this.sql.rows<{
      place: string;
      seq: string;
      type: string;
      occurredAt: Date;
      payload: string;
    }>(
      `SELECT place, frame.seq, type, occurred_at AS "occurredAt", payload::text AS payload
       FROM unnest($1::uuid[], $2::bigint[]) WITH ORDINALITY AS place (user_id, after, place)
       CROSS JOIN LATERAL (SELECT * FROM realtime.frames WHERE frames.user_id = place.user_id AND seq > after
                           ORDER BY frames.user_id, seq LIMIT ${PAGE}) AS frame
       ORDER BY place, seq`,
      columnsOf(places),
    );
    const pages: Frame[][] = places.map(() => []);
    for (const { place, seq, type, occurredAt, payload } of rows) {
      const index = Number(place) - 1;
      pages[index]!.push(new Frame(places[index]!.userId, Number(seq), type, occurredAt, payload));
    }
    return pages;
  }

  private async readStarts(places: readonly Place[]): Promise<Start[]> {
    const rows = await this.sql.rows<{ latest: string; next: string | null }>(
      `SELECT coalesce(streams.seq, 0) AS latest,
              (SELECT min(seq) FROM realtime.frames WHERE frames.user_id = place.user_id AND seq > after) AS next
       FROM unnest($1::uuid[], $2::bigint[]) WITH ORDINALITY AS place (user_id, after, place)
       LEFT JOIN realtime.streams ON streams.user_id = place.user_id
       ORDER BY place`,
      columnsOf(places),
    );
    return rows.map(({ latest, next }, index) => {
      const { after } = places[index]!;
      return { latest: Number(latest), complete: after === Number(latest) || Number(next) === after + 1 };
    });
  }
}

function columnsOf(places: readonly Place[]): [string[], number[]] {
  return [places.map(({ userId }) => userId), places.map(({ after }) => after)];
}
