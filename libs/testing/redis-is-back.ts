import type { INestApplicationContext } from '@nestjs/common';
import { RedisConnections } from '@rookery/redis';
import { eventually } from './eventually';

/**
 * Waits until an app has connected to a restarted Redis. Each connection retries on its own timer, with up to a second
 * between attempts, so that work of another app does not prove that this one is connected.
 */
export async function redisIsBack(app: INestApplicationContext): Promise<void> {
  const { shared, cache } = app.get(RedisConnections, { strict: false });
  await eventually(() => Promise.all([shared.ping(), cache.ping()]));
}
