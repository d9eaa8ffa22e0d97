import { Injectable, Logger } from '@nestjs/common';
import {
  type DeadDelivery,
  type DeadPosition,
  Deliveries,
  type DeliveryKey,
  Transaction,
} from '@rookery/persistence';
import { Dispatch } from './dispatch';
import { deliveriesTotal } from './metrics';
import { declaredQueues } from './queues';
import { Redrives } from './redrives';
import { Subscribers } from './subscribers';

/** Result of an operator's decision about one delivery; `resolved`: it is not dead any more. */
export type Decided = 'done' | 'missing' | 'resolved';

/** Deliveries that failed permanently: an operator redrives them after the cause was fixed, or discards them. */
@Injectable()
export class DeadDeliveries {
  private readonly log = new Logger(DeadDeliveries.name);

  constructor(
    private readonly deliveries: Deliveries,
    private readonly dispatch: Dispatch,
    private readonly redrives: Redrives,
    private readonly subscribers: Subscribers,
    private readonly transaction: Transaction,
  ) {}

  /**
   * @param queue name of a queue
   * @param subscriber current or previous name of a subscriber; undefined for all
   * @param before position of the last delivery of the previous page
   * @returns those that died last first, each with its position
   */
  newest(
    queue: string,
    subscriber: string | undefined,
    before: DeadPosition,
    limit: number,
  ): Promise<(DeadDelivery & { diedAt: string })[]> {
    const subscribers = subscriber === undefined ? null : this.subscribers.namesOf(subscriber);
    return this.deliveries.newestDead({ queue, subscribers }, before, limit);
  }

  /**
   * Makes one dead delivery pending again with the current transaction: it gets all its attempts again. If Redis is
   * down, workers find it in the ledger a minute after Redis is back.
   */
  async retry(queue: string, key: DeliveryKey): Promise<Decided> {
    if (!(await this.deliveries.exists(queue, key))) return 'missing';
    const delivery = await this.deliveries.redrive(key);
    if (!delivery) return 'resolved';
    this.transaction.afterCommit(() =>
      this.inRedis(async () => {
        await this.dispatch.removeAllFailed([delivery]); // first: a delivery that dies at once is shown again
        await this.dispatch.add([delivery]);
      }),
    );
    return 'done';
  }

  /**
   * Discards one dead delivery with the current transaction: it will never run, and later events of its subject are
   * delivered.
   */
  async discard(queue: string, key: DeliveryKey): Promise<Decided> {
    if (!(await this.deliveries.exists(queue, key))) return 'missing';
    if (!(await this.deliveries.discard(key))) return 'resolved';
    this.transaction.afterCommit(() => {
      deliveriesTotal.inc({ subscriber: key.subscriber, outcome: 'discarded' });
      return this.inRedis(() => this.dispatch.removeAllFailed([{ queue, ...key }]));
    });
    return 'done';
  }

  /**
   * Requests that all dead deliveries of a queue become pending, and waits until it is done, with or without workers.
   * Deliveries that die again in the meantime remain dead. If Redis is down, the request remains for the workers.
   *
   * @param queue name of a declared queue
   * @param subscriber name of the subscriber; all subscribers without it
   * @returns number of deliveries, and whether this is all of them
   * @throws Error if there is no such queue or subscriber, or the request failed too often
   */
  async redrive(queue: string, subscriber?: string): Promise<{ redriven: number; finished: boolean }> {
    const queues = declaredQueues().map(({ name }) => name);
    if (!queues.includes(queue))
      throw new Error(`There is no queue named ${queue}. Available queues: ${queues.join(', ')}.`);
    if (subscriber !== undefined && !this.subscribers.get(subscriber))
      throw new Error(`There is no subscriber named ${subscriber}: docs/map.md lists them.`);
    const { id } = await this.transaction.run(() => this.redrives.request(queue, subscriber ?? null));
    let progress: Awaited<ReturnType<Redrives['progressOf']>> = { redriven: 0, finished: false, error: null };
    const refresh = async () => {
      progress = await this.redrives.progressOf(id);
    };
    try {
      while (!progress.finished) {
        await this.redrives.workOff(() => progress.finished, refresh);
        await refresh();
      }
    } catch (error) {
      this.log.warn(`The workers continue: ${(error as Error).message}`);
      progress = await this.redrives.progressOf(id);
    }
    const { redriven, finished, error } = progress;
    if (finished && error !== null) throw new Error(`The redrive ended before all were redriven: ${error}`);
    return { redriven, finished };
  }

  private async inRedis(work: () => Promise<void>): Promise<void> {
    await work().catch((error: Error) => {
      this.log.warn(`Redis does not respond, workers use the ledger: ${error.message}`);
    });
  }
}
