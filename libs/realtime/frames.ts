import { Injectable } from '@nestjs/common';
import { Sql, Transaction } from '@rookery/persistence';
import type { FrameType } from './frame-types';
import { Hints } from './hints';

/** Maximum size of a payload as JSON, in bytes. It limits the memory of a page of frames. */
export const MAX_PAYLOAD_BYTES = 8_192;

/** A frame of the current transaction. */
interface Frame {
  type: string;
  json: string;
  userIds: readonly string[];
}

/** Sends frames to users. */
@Injectable()
export class Frames {
  constructor(
    private readonly sql: Sql,
    private readonly transaction: Transaction,
    private readonly hints: Hints,
  ) {}

  /**
   * Adds a frame to the stream of each user in the current transaction. All frames of a transaction are one statement
   * that its commit waits for, with one hint for each user after it. It locks the users' streams until then, in sorted
   * order, so that senders to the same users wait for each other instead of deadlocking: send from subscribers.
   *
   * @param userIds recipients; duplicates are ignored
   * @throws ZodError if the payload does not match the type's schema
   * @throws Error outside of a transaction, or if the payload is larger than {@link MAX_PAYLOAD_BYTES}
   */
  async send<Payload>(
    { type, schema }: FrameType<Payload>,
    userIds: readonly string[],
    payload: Payload,
  ): Promise<void> {
    const json = JSON.stringify(schema.parse(payload));
    if (Buffer.byteLength(json) > MAX_PAYLOAD_BYTES)
      throw new Error(`A ${type} frame is larger than ${MAX_PAYLOAD_BYTES} bytes.`);
    this.transaction.waitForDisk(); // after a crash, the number of a frame that was already sent must not be reused
    if (userIds.length > 0)
      this.transaction.collect({ type, json, userIds: [...new Set(userIds)] }, this.sendAll);
  }

  private readonly sendAll = (frames: Frame[]): void => {
    const latest = new Map<string, number>();
    this.transaction.leaveToCommit(async () => {
      const sent = await this.sql.rows<{ userId: string; seq: string }>(
        `WITH asked AS (
           SELECT user_id, frame, row_number() OVER (PARTITION BY user_id ORDER BY frame) AS place
           FROM unnest($1::uuid[], $2::int[]) AS each (user_id, frame)
         ), numbered AS (
           INSERT INTO realtime.streams AS stream (user_id, seq)
           SELECT user_id, count(*) AS frames FROM asked GROUP BY user_id ORDER BY user_id
           ON CONFLICT (user_id) DO UPDATE SET seq = stream.seq + excluded.seq
           RETURNING user_id, seq
         )
         INSERT INTO realtime.frames (user_id, seq, type, payload, occurred_at)
         SELECT user_id, seq - count(*) OVER (PARTITION BY user_id) + place, ($3::text[])[frame],
                ($4::text[])[frame]::json, date_trunc('milliseconds', clock_timestamp())
         FROM asked JOIN numbered USING (user_id)
         RETURNING user_id AS "userId", seq`,
        [
          frames.flatMap(({ userIds }) => userIds),
          frames.flatMap(({ userIds }, index) => userIds.map(() => index + 1)),
          frames.map(({ type }) => type),
          frames.map(({ json }) => json),
        ],
      );
      for (const { userId, seq } of sent) latest.set(userId, Math.max(Number(seq), latest.get(userId) ?? 0));
    });
    this.transaction.afterCommit(() =>
      this.hints.send([...latest].map(([userId, seq]) => ({ userId, seq }))),
    );
  };
}
