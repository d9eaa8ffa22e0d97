import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { newId } from '@rookery/domain';
import { Deliveries, type Queued, Sql, Transaction } from '@rookery/persistence';
import { Dispatch } from './dispatch';
import { Replays } from './replays';
import { Subscribers } from './subscribers';

/** A batch starts at least a second after the previous one, so this is also the maximum per second. */
const BATCH_SIZE = 500;
const PACE_MS = 1_000;
/** Days for which finished redrives are kept. */
const KEEP_DAYS = 7;

interface OpenRedrive extends Record<string, unknown> {
  id: string;
  queue: string;
  names: string[] | null;
  diedBefore: string;
}

/**
 * Requests to redrive all dead deliveries of a queue. Works them off, and those of {@link Replays}: a request is a row,
 * and all processes together run one batch a second. A batch commits as a whole, so a process that is killed loses
 * nothing, and the next one continues.
 */
@Injectable()
export class Redrives {
  constructor(
    private readonly deliveries: Deliveries,
    private readonly dispatch: Dispatch,
    private readonly replays: Replays,
    private readonly sql: Sql,
    private readonly subscribers: Subscribers,
    private readonly transaction: Transaction,
  ) {}

  /**
   * Stores a request with the current transaction. It includes what is dead now, not what dies later.
   *
   * @param queue name of a declared queue
   * @param subscriber name of a subscriber; null for all
   * @returns its id, and the number of deliveries that are dead now
   */
  async request(queue: string, subscriber: string | null): Promise<{ id: string; deliveries: number }> {
    const id = newId();
    await this.sql.execute(
      `DELETE FROM messaging.redrives WHERE finished_at < now() - make_interval(days => $1)`,
      [KEEP_DAYS],
    );
    // A subscriber takes over the deliveries of its previous names. A worker of another build can know fewer of them.
    const names = subscriber === null ? null : this.subscribers.namesOf(subscriber);
    await this.sql.execute(
      `INSERT INTO messaging.redrives (id, queue, subscriber, names) VALUES ($1, $2, $3, $4)`,
      [id, queue, subscriber, names],
    );
    return { id, deliveries: await this.deliveries.countDead({ queue, subscribers: names }) };
  }

  /** @returns the number of deliveries that a request has redriven, and whether it is finished. */
  async progressOf(id: string): Promise<{ redriven: number; finished: boolean }> {
    const row = await this.sql.row<{ redriven: number; finished: boolean }>(
      'SELECT redriven, finished_at IS NOT NULL AS finished FROM messaging.redrives WHERE id = $1',
      [id],
    );
    return row ?? { redriven: 0, finished: true };
  }

  /**
   * Works off requests until there are no more, or `stopping` returns true.
   *
   * @param onBatch called after each batch; the next one waits for it
   * @throws Error if Redis does not respond: queued when it is back, the deliveries would exceed the rate
   */
  async workOff(stopping: () => boolean, onBatch: () => void | Promise<void>): Promise<void> {
    while (!stopping() && (await this.anyOpen())) {
      await this.dispatch.ping();
      const began = performance.now();
      await this.runBatch();
      await onBatch();
      await pause(Math.max(0, PACE_MS - (performance.now() - began)));
    }
  }

  private async anyOpen(): Promise<boolean> {
    return (await this.oldest()) !== undefined || this.replays.anyOpen();
  }

  /** Runs the next batch of the oldest request, redrives before replays, unless another process did so within this second. */
  private async runBatch(): Promise<void> {
    const batch = await this.transaction.run(async () => {
      const isMyTurn = await this.sql.execute(
        `WITH turn AS (
           SELECT one_row FROM messaging.redrive_pace
           WHERE last_batch_at <= clock_timestamp() - $1 * interval '1 ms' FOR UPDATE SKIP LOCKED
         )
         UPDATE messaging.redrive_pace p SET last_batch_at = clock_timestamp()
         FROM turn WHERE p.one_row = turn.one_row`,
        [PACE_MS],
      );
      if (!isMyTurn) return [];
      const open = await this.oldest();
      return open ? this.redriveNext(open) : this.replays.nextBatch(BATCH_SIZE);
    });
    // After a crash here, the sweep queues them: they are pending and overdue.
    await this.dispatch.removeAllFailed(batch); // first: a delivery that dies at once is shown again
    await this.dispatch.add(batch);
  }

  private async redriveNext({ id, queue, names, diedBefore }: OpenRedrive): Promise<Queued[]> {
    const which = { queue, subscribers: names, diedBefore };
    const redriven = await this.deliveries.redriveAll(which, BATCH_SIZE);
    await this.sql.execute(
      `UPDATE messaging.redrives SET redriven = redriven + $2, finished_at = CASE WHEN $3 THEN clock_timestamp() END
       WHERE id = $1`,
      [id, redriven.length, redriven.length < BATCH_SIZE],
    );
    return redriven;
  }

  private oldest(): Promise<OpenRedrive | undefined> {
    return this.sql.row<OpenRedrive>(
      `SELECT id, queue, names, died_before::text AS "diedBefore" FROM messaging.redrives
       WHERE finished_at IS NULL ORDER BY id LIMIT 1`,
    );
  }
}
