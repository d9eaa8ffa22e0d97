import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '../../tools/parts/redis.mts';

/** A Redis for one suite. */
export interface TestRedis {
  url: string;
  stop(): Promise<void>;
}

/** Starts an empty Redis in addition to that of the {@link TestSystem}; call `stop` in `afterAll`. */
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
