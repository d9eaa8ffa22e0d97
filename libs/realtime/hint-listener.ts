import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Loop } from '@rookery/messaging';
import { TickBatcher } from '@rookery/persistence';
import { RedisConnections, withinTimeLimit } from '@rookery/redis';
import type { Redis } from 'ioredis';
import { channelOf, userOfChannel } from './hints';
import { StoredFrames } from './stored-frames';

/** Milliseconds between two checks while no hints arrive because Redis is down. */
const POLL_MS = 1_000;
/** Number of these intervals between two checks while hints arrive: a publisher can have lost its connection. */
const QUIET_POLLS = 10;
/** Milliseconds to wait for a subscription before going on without hints. */
const SUBSCRIBE_MS = 1_000;
/** Users per statement and per command. */
const BATCH_SIZE = 1_000;

/** A follower of the stream of a user. */
export interface Listening {
  /** Number of the latest known frame; -1 before the first hint. */
  readonly latest: number;
  /** Records the number of the latest known frame. */
  reach(seq: number): void;
  /** Waits until a later frame is known, or until the signal aborts. */
  longerThan(seq: number, signal: AbortSignal): Promise<void>;
  leave(): void;
}

/** The followers of one user on this node. */
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
 * Receives hints about new frames. A node subscribes to one channel for each user with a follower on this node, so a
 * frame for a user who is not connected costs only the command that publishes its hint. Hints can be lost: after every
 * interruption, and every ten seconds, the node checks in PostgreSQL which streams have new frames.
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

  /** Starts to listen for a user; call `leave` at the end. Receives all hints published after this call. */
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

  /** Does not subscribe while Redis is down: all channels are subscribed as soon as Redis is back. */
  private async subscribe(userIds: string[]): Promise<void[]> {
    const channels = userIds.filter((userId) => this.audiences.has(userId)).map(channelOf);
    const { redis } = this;
    if (redis?.status === 'ready') {
      for (let start = 0; start < channels.length; start += BATCH_SIZE) {
        const some = channels.slice(start, start + BATCH_SIZE);
        await withinTimeLimit(SUBSCRIBE_MS, redis.subscribe(...some)).catch((error: Error) => {
          this.log.warn(`Subscription failed, reconnecting: ${error.message}`);
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
