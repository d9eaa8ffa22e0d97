import { Injectable } from '@nestjs/common';
import { RelayHint } from '@rookery/persistence';
import { PREFIX, RedisConnections } from '@rookery/redis';

/** Channel that wakes the relays after a commit. */
export const HINT_CHANNEL = `${PREFIX}:outbox`;

/**
 * Wakes the relays through Redis: NOTIFY in every commit costs most of PostgreSQL's write throughput, this costs
 * nothing.
 */
@Injectable()
export class RedisRelayHint extends RelayHint {
  constructor(private readonly redis: RedisConnections) {
    super();
  }

  override send(): void {
    this.redis.shared.publish(HINT_CHANNEL, '').catch(() => undefined);
  }
}
