import { Injectable } from '@nestjs/common';
import { PREFIX, RedisConnections } from '@rookery/redis';

const CHANNEL = `${PREFIX}:frames:`;

/** @returns the channel on which nodes hear that a user has new frames. */
export function channelOf(userId: string): string {
  return CHANNEL + userId;
}

/** @returns the user of a channel. */
export function userOfChannel(channel: string): string {
  return channel.slice(CHANNEL.length);
}

/** A user's stream has grown. */
export interface Hint {
  userId: string;
  /** Number of the latest frame. */
  seq: number;
}

/** Tells the nodes which streams have grown. */
@Injectable()
export class Hints {
  constructor(private readonly redis: RedisConnections) {}

  /** Publishes, in one write for all of them. A hint may get lost: nodes also look by themselves. */
  send(hints: readonly Hint[]): void {
    for (const { userId, seq } of hints)
      this.redis.shared.publish(channelOf(userId), String(seq)).catch(() => undefined);
  }
}
