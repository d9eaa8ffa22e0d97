import { Injectable, Logger } from '@nestjs/common';
import { Deliveries, Sql, Transaction } from '@rookery/persistence';
import { Dispatch } from './dispatch';
import { declaredQueues } from './queues';
import { Subscribers } from './subscribers';

const BATCH_SIZE = 500;

/** Redrives deliveries that failed permanently, after the cause was fixed: they get all their attempts again. */
@Injectable()
export class DeadDeliveries {
  private readonly log = new Logger(DeadDeliveries.name);

  constructor(
    private readonly deliveries: Deliveries,
    private readonly dispatch: Dispatch,
    private readonly sql: Sql,
    private readonly subscribers: Subscribers,
    private readonly transaction: Transaction,
  ) {}

  /**
   * Makes the dead deliveries of a queue pending, in batches. Deliveries that die again in the meantime remain dead. If
   * Redis is down, workers find them in the ledger a minute after Redis is back.
   *
   * @param queue name of a declared queue
   * @param subscriber name of the subscriber; all subscribers without it
   * @returns number of deliveries
   * @throws Error if there is no such queue or subscriber
   */
  async redrive(queue: string, subscriber?: string): Promise<number> {
    const queues = declaredQueues().map(({ name }) => name);
    if (!queues.includes(queue))
      throw new Error(`There is no queue named ${queue}. Available queues: ${queues.join(', ')}.`);
    const known = subscriber === undefined ? undefined : this.subscribers.get(subscriber);
    if (subscriber !== undefined && !known)
      throw new Error(`There is no subscriber named ${subscriber}: docs/map.md lists them.`);
    const subscribers = known ? [known.name, ...known.formerly] : null;
    const { now } = (await this.sql.row<{ now: string }>('SELECT clock_timestamp()::text AS now'))!;
    const which = { queue, subscribers, diedBefore: now };
    let redriven = 0;
    for (let found = BATCH_SIZE; found === BATCH_SIZE; redriven += found) {
      const batch = await this.transaction.run(() => this.deliveries.redriveAll(which, BATCH_SIZE));
      found = batch.length;
      try {
        for (const each of batch) await this.dispatch.removeFailed(queue, each);
        await this.dispatch.add(batch);
      } catch (error) {
        this.log.warn(
          `Redis did not accept the deliveries, the workers will queue them: ${(error as Error).message}`,
        );
      }
    }
    return redriven;
  }
}
