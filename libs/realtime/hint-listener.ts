import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Loop } from '@rookery/messaging';
import { TickBatcher } from '@rookery/persistence';
import { RedisConnections, withinTimeLimit } from '@rookery/redis';
import type { Redis } from 'ioredis';
import { channelOf, userOfChannel } from './hints';
import { StoredFrames } from './stored-frames';

/** Milliseconds between two looks while hints are not heard, because Redis is away. */
const POLL_MS = 1_000;
/** Number of these pauses between two looks while they are: a publisher may have lost its connection. */
const QUIET_POLLS = 10;
/** Milliseconds to wait for a subscription before going on without hints. */
const SUBSCRIBE_MS = 1_000;
/** Users per statement and per command. */
const BATCH_SIZE = 1_000;

/** Somebody who follows the stream of a user. */
export interface Listening {
  /** Number of the latest frame that is known of; -1 before the first hint. */
  readonly latest: number;
  /** Notes how far the stream is known to be. */
  reach(seq: number): void;
  /** Waits until the stream is known to be longer than that, or until the signal. */
  longerThan(seq: number, signal: AbortSignal): Promise<void>;
  leave(): void;
}

/** Those who follow one user on this node. */
class Audience {
  latest = -1;
  members = 0;
  subscribed: Promise<void> = Promise.resolve();
  private waiting = new Set<() => void>();

  reach(seq: number): void {
    if (seq <= this.latest) return;
    this.latest = seq;
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const wake of waiting) wake();
  }

  async longerThan(seq: number, signal: AbortSignal): Promise<void> {
    if (this.latest > seq || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        this.waiting.delete(wake);
        resolve();
      };
      this.waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }
}

/**
 * Hears which streams have grown. A node subscribes to one channel for each user that somebody follows there, so a frame
 * for a user who is not connected costs nobody anything but the one command that publishes its hint. A hint is never
 * needed: after every gap in listening, and every ten seconds, PostgreSQL is asked which streams have grown.
 */
@Injectable()
export class HintListener implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger(HintListener.name);
  private readonly audiences = new Map<string, Audience>();
  private readonly loop = new Loop('frames', POLL_MS, () => this.poll());
  private readonly subscribing = new TickBatcher<string, void>((userIds) => this.subscribe(userIds));
  private redis: Redis | undefined;
  private hearing = false;
  private quietPolls = 0;

  constructor(
    private readonly connections: RedisConnections,
    private readonly stored: StoredFrames,
  ) {}

  onApplicationBootstrap(): void {
    this.redis = this.connections.listening(
      () => [...this.audiences.keys()].map(channelOf),
      () => {
        this.hearing = true;
        this.pollNow();
      },
    );
    this.redis.on('close', () => (this.hearing = false));
    this.redis.on('message', (channel: string, seq: string) =>
      this.audiences.get(userOfChannel(channel))?.reach(Number(seq)),
    );
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
  }

  /** Begins to listen for a user; leave it in the end. Hints that are published from now on are heard. */
  async join(userId: string): Promise<Listening> {
    let audience = this.audiences.get(userId);
    if (!audience) {
      audience = new Audience();
      this.audiences.set(userId, audience);
      audience.subscribed = this.subscribing.run(userId);
    }
    const joined = audience;
    joined.members += 1;
    await joined.subscribed;
    return {
      get latest() {
        return joined.latest;
      },
      reach: (seq) => joined.reach(seq),
      longerThan: (seq, signal) => joined.longerThan(seq, signal),
      leave: () => this.leave(userId, joined),
    };
  }

  private leave(userId: string, audience: Audience): void {
    audience.members -= 1;
    if (audience.members > 0) return;
    this.audiences.delete(userId);
    if (this.redis?.status === 'ready') this.redis.unsubscribe(channelOf(userId)).catch(() => undefined);
  }

  /** While Redis is away nothing is subscribed to: that happens for all as soon as it is back. */
  private async subscribe(userIds: string[]): Promise<void[]> {
    const channels = userIds.filter((userId) => this.audiences.has(userId)).map(channelOf);
    const { redis } = this;
    if (redis?.status === 'ready') {
      for (let start = 0; start < channels.length; start += BATCH_SIZE) {
        const some = channels.slice(start, start + BATCH_SIZE);
        await withinTimeLimit(SUBSCRIBE_MS, redis.subscribe(...some)).catch((error: Error) => {
          this.log.warn(`Not subscribed, connects again: ${error.message}`);
          redis.disconnect(true);
        });
      }
    }
    return userIds.map(() => undefined);
  }

  private pollNow(): void {
    this.quietPolls = QUIET_POLLS;
    this.loop.wake();
  }

  private async poll(): Promise<void> {
    this.quietPolls += 1;
    if (this.hearing && this.quietPolls < QUIET_POLLS) return;
    const all = [...this.audiences];
    for (let start = 0; start < all.length && !this.loop.stopping; start += BATCH_SIZE) {
      const places = all
        .slice(start, start + BATCH_SIZE)
        .map(([userId, { latest }]) => ({ userId, after: latest }));
      for (const { userId, seq } of await this.stored.grown(places)) this.audiences.get(userId)?.reach(seq);
    }
    this.quietPolls = 0;
  }
}
