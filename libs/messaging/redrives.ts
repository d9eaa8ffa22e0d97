import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { newId } from '@rookery/domain';
import { Deliveries, isDatabaseUnavailable, type Queued, Sql, Transaction } from '@rookery/persistence';
import { Dispatch } from './dispatch';
import { Replays, type Turn } from './replays';
import { Subscribers } from './subscribers';

/** A batch starts at least a second after the previous one, so this is also the maximum per second. */
const BATCH_SIZE = 500;
const PACE_MS = 1_000;
/** Days for which finished redrives are kept. */
const KEEP_DAYS = 7;
/** Consecutive failures after which a request ends. All processes together try at most once a second. */
const MAX_FAILURES = 20;

interface OpenRedrive extends Record<string, unknown> {
  id: string;
  queue: string;
  names: string[] | null;
  diedBefore: string;
  servedAt: Date | null;
}

/**
 * Requests to redrive all dead deliveries of a queue. Works them off, and those of {@link Replays}: a request is a row,
 * and all processes together run one batch a second. Open requests take turns. A batch commits as a whole, so a process
 * that is killed loses nothing, and the next one continues.
 */
@Injectable()
export class Redrives {
  private readonly log = new Logger(Redrives.name);

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

  /** @returns the number of deliveries that a request has redriven, whether it is finished, and its last error. */
  async progressOf(id: string): Promise<{ redriven: number; finished: boolean; error: string | null }> {
    const row = await this.sql.row<{ redriven: number; finished: boolean; error: string | null }>(
      'SELECT redriven, finished_at IS NOT NULL AS finished, error FROM messaging.redrives WHERE id = $1',
      [id],
    );
    return row ?? { redriven: 0, finished: true, error: null };
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
    return (await this.nextRedrive()) !== undefined || this.replays.anyOpen();
  }

  /** Runs a batch of the request that has waited longest, unless another process ran one within this second. */
  private async runBatch(): Promise<void> {
    let turn: Turn | undefined;
    let batch: Queued[] = [];
    try {
      batch = await this.transaction.run(async () => {
        if (!(await this.takePace())) return [];
        turn = await this.next();
        return (await turn?.run(BATCH_SIZE)) ?? [];
      });
    } catch (error) {
      if (!turn || isDatabaseUnavailable(error)) throw error;
      await this.recordFailure(turn, error as Error);
    }
    // After a crash here, the sweep queues them: they are pending and overdue.
    await this.dispatch.removeAllFailed(batch); // first: a delivery that dies at once is shown again
    await this.dispatch.add(batch);
  }

  private async takePace(): Promise<boolean> {
    const taken = await this.sql.execute(
      `WITH turn AS (
         SELECT one_row FROM messaging.redrive_pace
         WHERE last_batch_at <= clock_timestamp() - $1 * interval '1 ms' FOR UPDATE SKIP LOCKED
       )
       UPDATE messaging.redrive_pace p SET last_batch_at = clock_timestamp()
       FROM turn WHERE p.one_row = turn.one_row`,
      [PACE_MS],
    );
    return taken === 1;
  }

  private async next(): Promise<Turn | undefined> {
    const [redrive, replay] = [await this.nextRedrive(), await this.replays.next()];
    if (!redrive || !replay) return redrive ?? replay;
    return Number(redrive.servedAt) <= Number(replay.servedAt) ? redrive : replay;
  }

  private async nextRedrive(): Promise<Turn | undefined> {
    const open = await this.sql.row<OpenRedrive>(
      `SELECT id, queue, names, died_before::text AS "diedBefore", served_at AS "servedAt" FROM messaging.redrives
       WHERE finished_at IS NULL ORDER BY served_at NULLS FIRST, id LIMIT 1`,
    );
    if (!open) return undefined;
    const { id, servedAt } = open;
    return { table: 'redrives', id, servedAt, run: (limit) => this.redriveNext(open, limit) };
  }

  private async redriveNext({ id, queue, names, diedBefore }: OpenRedrive, limit: number): Promise<Queued[]> {
    const redriven = await this.deliveries.redriveAll({ queue, subscribers: names, diedBefore }, limit);
    await this.sql.execute(
      `UPDATE messaging.redrives SET redriven = redriven + $2, served_at = clock_timestamp(), failures = 0, error = NULL,
         finished_at = CASE WHEN $3 THEN clock_timestamp() ELSE finished_at END
       WHERE id = $1`,
      [id, redriven.length, redriven.length < limit],
    );
    return redriven;
  }

  /** A request that fails waits for its next turn like any other, and ends when it has failed too often. */
  private async recordFailure({ table, id }: Turn, { message }: Error): Promise<void> {
    const row = await this.transaction.run(async () => {
      await this.sql.execute('UPDATE messaging.redrive_pace SET last_batch_at = clock_timestamp()');
      return this.sql.row<{ failures: number; ended: boolean }>(
        `UPDATE messaging.${table} SET failures = failures + 1, error = $2, served_at = clock_timestamp(),
           finished_at = CASE WHEN failures + 1 >= $3 THEN clock_timestamp() END
         WHERE id = $1 AND finished_at IS NULL RETURNING failures, finished_at IS NOT NULL AS ended`,
        [id, message.replaceAll('\0', ''), MAX_FAILURES],
      );
    });
    if (row?.ended) this.log.error(`Request ${id} in messaging.${table} ended after failures: ${message}`);
    else this.log.warn(`Request ${id} in messaging.${table} failed: ${message}`);
  }
}
