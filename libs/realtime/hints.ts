import { Injectable } from '@nestjs/common';
import { PREFIX, RedisConnections } from '@rookery/redis';

const CHANNEL = `${PREFIX}:frames:`;

/** @returns the channel for hints about new frames of a user. */
export function channelOf(userId: string): string {
  return CHANNEL + userId;
}

/** @returns the user of a channel. */
export function userOfChannel(channel: string): string {
  return channel.slice(CHANNEL.length);
}

/** A user has new frames. */
export interface Hint {
  userId: string;
  /** Number of the latest frame. */
  seq: number;
}

/** Notifies the nodes about users with new frames. */
@Injectable()
export class Hints {
  constructor(private readonly redis: RedisConnections) {}

  /** Publishes all hints in one write. A hint can be lost: nodes also poll. */
  send(hints: readonly Hint[]): void {
    for (const { userId, seq } of hints)
      this.redis.shared.publish(channelOf(userId), String(seq)).catch(() => undefined);
  }
}
