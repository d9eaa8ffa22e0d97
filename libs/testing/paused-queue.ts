import { PREFIX } from '@rookery/redis';
import { Queue } from 'bullmq';
import { eventually } from './eventually';
import type { TestSystem } from './system';

/**
 * Pauses a queue as operators do: what is paused in Redis alone, workers resume within a second.
 *
 * @param name of the queue
 * @param run runs while it is paused; gets the queue
 */
export async function whilePaused(
  system: TestSystem,
  name: string,
  run: (queue: Queue) => Promise<void>,
): Promise<void> {
  const queue = new Queue(name, { connection: { url: system.addresses.redisUrl }, prefix: PREFIX });
  try {
    await system.sql('INSERT INTO messaging.paused_queues (queue) VALUES ($1)', [name]);
    await eventually(() => queue.isPaused());
    await run(queue);
  } finally {
    await system.sql('DELETE FROM messaging.paused_queues WHERE queue = $1', [name]);
    await queue.close();
  }
}
