import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { DeadDelivery, DeliveryKey, Queued } from '@rookery/persistence';
import { type JobsOptions, Queue } from 'bullmq';
import { declaredQueues } from './queues';
import { PREFIX, REDIS_TIMEOUT_MS, RedisConnections, withinTimeLimit } from '@rookery/redis';

/** Data of a job: the key of its delivery, and information for readers of the board. */
export interface DeliveryJob extends DeliveryKey {
  type: string;
  subject: string;
}

/** Jobs of a queue in Redis. */
export interface JobCounts {
  /** Can run now, or when the queue is resumed. */
  waiting: number;
  active: number;
  /** Wait for their next attempt. */
  delayed: number;
}

/** The ledger keeps the history: a finished job is removed, so its id is free for a redrive. */
const OPTIONS: JobsOptions = { removeOnComplete: true, removeOnFail: true };
const COUNTED = ['waiting', 'prioritized', 'active', 'delayed'] as const;

/**
 * Adds deliveries to their queues. Adding one twice is harmless: an existing job is kept, and the ledger prevents a
 * second effect.
 */
@Injectable()
export class Dispatch implements OnApplicationShutdown {
  private readonly log = new Logger(Dispatch.name);
  private readonly queues = new Map<string, Queue>();
  private readonly unknown = new Set<string>();
  private readonly connection;

  constructor(redis: RedisConnections) {
    this.connection = redis.producing();
    for (const { name } of declaredQueues()) {
      for (const each of [name, failedQueue(name)]) {
        const queue = new Queue(each, { connection: this.connection, prefix: PREFIX, skipMetasUpdate: true });
        queue.on('error', () => undefined); // the connection's own listener logs these errors
        this.queues.set(each, queue);
      }
    }
  }

  /** @returns every queue and its failed queue. */
  all(): readonly Queue[] {
    return [...this.queues.values()];
  }

  /**
   * Queues deliveries, per queue in the order given. Those for a queue that this build does not declare remain in the
   * ledger for one that does, so that they block nothing else.
   *
   * @throws Error if Redis does not accept them within 3 s; some may be queued then
   */
  async add(deliveries: readonly Queued[]): Promise<void> {
    const byQueue = Map.groupBy(deliveries.filter(this.isKnown), ({ queue }) => queue);
    const adding = [...byQueue].map(([queue, items]) =>
      this.queue(queue).addBulk(
        items.map(({ eventId, subscriber, type, subject, delayMs }) => ({
          name: subscriber,
          data: { eventId, subscriber, type, subject } satisfies DeliveryJob,
          opts: { ...OPTIONS, jobId: jobIdOf({ eventId, subscriber }), delay: delayMs },
        })),
      ),
    );
    await withinTimeLimit(REDIS_TIMEOUT_MS.queue, Promise.all(adding));
  }

  /** Shows a dead delivery on its failed queue; the row in the ledger remains the record. */
  async addFailed(delivery: DeadDelivery): Promise<void> {
    if (!this.isKnown(delivery)) return;
    const { queue, envelope, ...rest } = delivery;
    const data = { ...rest, envelope };
    await this.removeFailed(queue, rest); // of an earlier death, with its reason
    await withinTimeLimit(
      REDIS_TIMEOUT_MS.queue,
      this.queue(failedQueue(queue)).add(rest.subscriber, data, { jobId: jobIdOf(rest) }),
    );
  }

  /**
   * @returns the jobs of each queue, in the order given
   * @throws Error if Redis does not respond within a second
   */
  async counts(queues: readonly string[]): Promise<JobCounts[]> {
    // Sent together: commands of one connection do not wait for each other.
    const counting = queues.map((name) => this.queue(name).getJobCounts(...COUNTED));
    const counts = await withinTimeLimit(REDIS_TIMEOUT_MS.command, Promise.all(counting));
    return counts.map(({ waiting = 0, prioritized = 0, active = 0, delayed = 0 }) => ({
      waiting: waiting + prioritized,
      active,
      delayed,
    }));
  }

  /**
   * Pauses and resumes queues in Redis, so that exactly these are paused. Active jobs finish.
   *
   * @returns whether something changed
   * @throws Error if Redis does not respond
   */
  async pauseOnly(paused: ReadonlySet<string>): Promise<boolean> {
    const queues = declaredQueues().map(({ name }) => this.queue(name));
    const states = await withinTimeLimit(
      REDIS_TIMEOUT_MS.command,
      Promise.all(queues.map((queue) => queue.isPaused())),
    );
    const wrong = queues.filter(({ name }, index) => states[index] !== paused.has(name));
    const changing = wrong.map((queue) => (paused.has(queue.name) ? queue.pause() : queue.resume()));
    await withinTimeLimit(REDIS_TIMEOUT_MS.queue, Promise.all(changing));
    return wrong.length > 0;
  }

  /** Removes a delivery from its failed queue. */
  async removeFailed(queue: string, key: DeliveryKey): Promise<void> {
    await withinTimeLimit(REDIS_TIMEOUT_MS.queue, this.queue(failedQueue(queue)).remove(jobIdOf(key)));
  }

  /** Removes deliveries from their failed queues. A queue that this build does not declare has none. */
  async removeAllFailed(deliveries: readonly (DeliveryKey & { queue: string })[]): Promise<void> {
    await Promise.all(
      deliveries.filter(this.isKnown).map((delivery) => this.removeFailed(delivery.queue, delivery)),
    );
  }

  /** @throws Error if Redis does not respond within a second */
  async ping(): Promise<void> {
    await withinTimeLimit(REDIS_TIMEOUT_MS.command, this.connection.ping());
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.allSettled(
      this.all().map((queue) => withinTimeLimit(REDIS_TIMEOUT_MS.queue, queue.close())),
    );
  }

  private readonly isKnown = ({ queue }: { queue: string }): boolean => {
    if (this.queues.has(queue)) return true;
    if (!this.unknown.has(queue)) this.log.warn(`Queue ${queue} is not declared here: its deliveries wait.`);
    this.unknown.add(queue);
    return false;
  };

  private queue(name: string): Queue {
    const queue = this.queues.get(name);
    if (!queue) throw new Error(`Queue ${name} is not declared.`);
    return queue;
  }
}

/** @returns the name of the failed queue of a queue. */
export function failedQueue(name: string): string {
  return `${name}.failed`;
}

/** @returns the id of the job of a delivery. BullMQ rejects ids with a colon and ids with only digits. */
export function jobIdOf({ eventId, subscriber }: DeliveryKey): string {
  return `${eventId}-${subscriber}`;
}

/** @returns the delivery of a {@link jobIdOf}; undefined if it is none */
export function keyOfJob(id: string): DeliveryKey | undefined {
  const [, eventId, subscriber] =
    /^([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})-([\w.-]{1,200})$/i.exec(id) ?? [];
  return eventId === undefined ? undefined : { eventId: eventId.toLowerCase(), subscriber: subscriber! };
}
