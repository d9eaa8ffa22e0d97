import { Schedule, type Scheduled } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';

/** Seconds for which frames are kept: twice the five minutes that clients may be away. */
export const KEEP_SECONDS = 600;
/** Frames per batch and batches per run; the rest of a burst waits for the next slot. */
const BATCH_SIZE = 5_000;
const BATCHES = 10;

/** Deletes frames that no client may resume from any more. */
@Schedule('realtime.prune-frames', { everySeconds: 10 })
export class PruneFrames implements Scheduled {
  constructor(private readonly sql: Sql) {}

  async run(): Promise<void> {
    for (let batch = 0; batch < BATCHES; batch += 1) {
      const pruned = await this.sql.execute(
        `DELETE FROM realtime.frames WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM realtime.frames WHERE occurred_at < now() - make_interval(secs => $1)
           ORDER BY occurred_at LIMIT $2))`,
        [KEEP_SECONDS, BATCH_SIZE],
      );
      if (pruned < BATCH_SIZE) return;
    }
  }
}
