import { Injectable } from '@nestjs/common';
import { Sql, Transaction } from '@rookery/persistence';
import type { FrameType } from './frame-types';
import { Hints } from './hints';

/** Maximum size of a payload as JSON, in bytes: it bounds the memory that a page of frames takes. */
export const MAX_PAYLOAD_BYTES = 8_192;

/** Sends frames to users. */
@Injectable()
export class Frames {
  constructor(
    private readonly sql: Sql,
    private readonly transaction: Transaction,
    private readonly hints: Hints,
  ) {}

  /**
   * Adds a frame to the stream of each user in the current transaction: one statement that the commit waits for, with
   * one hint for each user after it. Locks the users' streams until then, in sorted order, so that two senders to the
   * same users wait for each other instead of deadlocking: send from subscribers, once in a transaction.
   *
   * @param userIds who gets it; a repeated one gets it once
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
    this.transaction.waitForDisk(); // a crash must not give the number of a frame that somebody has received to another
    if (userIds.length === 0) return;
    let sent: { userId: string; seq: string }[] = [];
    this.transaction.leaveToCommit(async () => {
      sent = await this.sql.rows(
        `WITH numbered AS (
           INSERT INTO realtime.streams AS stream (user_id, seq)
           SELECT DISTINCT user_id, 1 FROM unnest($1::uuid[]) AS user_id ORDER BY user_id
           ON CONFLICT (user_id) DO UPDATE SET seq = stream.seq + 1
           RETURNING user_id, seq
         )
         INSERT INTO realtime.frames (user_id, seq, type, payload, occurred_at)
         SELECT user_id, seq, $2, $3::json, date_trunc('milliseconds', clock_timestamp()) FROM numbered
         RETURNING user_id AS "userId", seq`,
        [userIds, type, json],
      );
    });
    this.transaction.afterCommit(() =>
      this.hints.send(sent.map(({ userId, seq }) => ({ userId, seq: Number(seq) }))),
    );
  }
}
