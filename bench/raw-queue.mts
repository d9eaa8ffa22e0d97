import { randomUUID } from 'node:crypto';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { atRate, type Moment, Moments, now, obey } from './child.mts';

// Jobs through BullMQ alone: the baseline for event delivery.
const NAME = 'raw';
const OPTIONS = { removeOnComplete: true, removeOnFail: true };
const connection = new Redis(process.env.REDIS_URL!, { maxRetriesPerRequest: null });
process.on('SIGTERM', () => process.exit(0));

function job(): { name: string; data: object; opts: object } {
  const id = randomUUID();
  return {
    name: NAME,
    data: { eventId: id, subscriber: NAME, type: NAME, subject: id },
    opts: { ...OPTIONS, jobId: id },
  };
}

if (process.argv[2] === 'writer') {
  const queue = new Queue(NAME, { connection });
  obey({
    send: (count = 0, perSecond = 1) =>
      atRate(count, perSecond, async (): Promise<Moment> => {
        const { name, data, opts } = job();
        const at = now();
        await queue.add(name, data, opts);
        return [(opts as { jobId: string }).jobId, at];
      }),
    fill: async (count = 0) => {
      for (let left = count; left > 0; left -= 200)
        await queue.addBulk(Array.from({ length: Math.min(200, left) }, job));
      return [];
    },
  });
} else {
  const moments = new Moments();
  const worker = new Worker(NAME, (each) => Promise.resolve(moments.add(each.id!)), {
    connection,
    concurrency: Number(process.env.QUEUE_CONCURRENCY_CRITICAL),
  });
  worker.on('error', (error) => console.error(error.message));
  obey({ take: (count = 0) => moments.take(count) });
}
