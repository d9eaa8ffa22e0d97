import { Schedule, type Scheduled } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';

/** Seconds for which frames are kept: twice the five minutes that clients can be disconnected. */
export const KEEP_SECONDS = 600;
const BATCH_SIZE = 5_000;

/** Deletes frames that are too old to resume from. */
@Schedule('realtime.prune-frames', { everySeconds: 10 })
export class PruneFrames implements Scheduled {
  constructor(private readonly sql: Sql) {}

  async run(): Promise<boolean> {
    const pruned = await this.sql.execute(
      `DELETE FROM realtime.frames WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM realtime.frames WHERE occurred_at < now() - make_interval(secs => $1)
         ORDER BY occurred_at LIMIT $2))`,
      [KEEP_SECONDS, BATCH_SIZE],
    );
    return pruned === BATCH_SIZE;
  }
}
