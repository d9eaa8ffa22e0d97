import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import type { ProbeSystem } from './probe-system.mts';

const PREFIX = '{rookery}';

interface Delivery {
  queue: string;
  eventId: string;
  subscriber: string;
}

/**
 * Delivers jobs again: copies with different ids, so that the queue cannot detect duplicates.
 *
 * @param latest number of latest deliveries, in any state
 * @param copies copies per delivery
 */
export async function deliverAgain(system: ProbeSystem, latest: number, copies: number): Promise<void> {
  const deliveries = await system.sql<Delivery>(
    `SELECT d.queue, d.event_id AS "eventId", d.subscriber FROM messaging.event_delivery d
     WHERE d.queue = 'projections' ORDER BY d.event_id DESC LIMIT $1`,
    [latest],
  );
  await system.withRedis(async (connection) => {
    const queue = new Queue('projections', { connection, prefix: PREFIX });
    queue.on('error', () => undefined);
    // Copies of one job next to each other, so that a worker gets them at the same time.
    const twins = deliveries.flatMap((delivery) => Array.from({ length: copies }, () => delivery));
    await queue.addBulk(
      twins.map(({ eventId, subscriber }) => ({
        name: subscriber,
        data: { eventId, subscriber, type: 'copy', subject: '' },
        opts: { jobId: `copy-${randomUUID()}`, removeOnComplete: true, removeOnFail: true },
      })),
    );
    await queue.close();
  });
}

/** @returns the number of jobs in the queue of the projections. */
export async function queuedJobs(system: ProbeSystem): Promise<number> {
  return system.withRedis(async (redis) => {
    const key = `${PREFIX}:projections`;
    const [wait, active, delayed] = await Promise.all([
      redis.llen(`${key}:wait`),
      redis.llen(`${key}:active`),
      redis.zcard(`${key}:delayed`),
    ]);
    return wait + active + delayed;
  });
}
