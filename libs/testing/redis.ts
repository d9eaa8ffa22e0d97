import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '../../tools/parts/redis.mts';

/** A Redis of a suite's own. */
export interface TestRedis {
  url: string;
  stop(): Promise<void>;
}

/** Starts a Redis besides that of the {@link TestSystem}, empty; call `stop` in `afterAll`. */
export async function createTestRedis(): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'rookery-redis-'));
  const redis = await startRedis({ dataDir: folder, durable: false });
  return {
    url: redis.url,
    async stop() {
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
