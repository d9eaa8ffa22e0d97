import type { Account } from '../../identity/contract';
import { draw } from './chance';

/** The accounts that people sign in with. The other demo accounts only write. */
export const VISITORS = ['demo-user', 'demo-moderator', 'demo-admin'];

/** Visitors have posts in their feeds. */
const FOLLOWED_BY_VISITOR = 20;
const FOLLOWERS_OF_VISITOR = 10;
const FOLLOWED_BY_WRITER = 4;
const ENEMIES = 6;

/** A relationship between two accounts. */
export type Pair = readonly [user: Account, other: Account];

/** Who follows, mutes and blocks whom. Each visitor blocks an account, is blocked by one, and mutes one they follow. */
export class Relations {
  readonly follows: Pair[] = [];
  readonly mutes: Pair[] = [];
  readonly blocks: Pair[] = [];

  constructor(everybody: readonly Account[]) {
    const visitors = everybody.filter(({ username }) => VISITORS.includes(username));
    const writers = everybody.filter(({ username }) => !VISITORS.includes(username));
    for (const visitor of visitors) {
      const [blocked, blocker] = draw(2, writers, `apart from ${visitor.username}`);
      if (blocked) this.blocks.push([visitor, blocked]);
      if (blocker) this.blocks.push([blocker, visitor]);
    }
    const enemies = draw(ENEMIES, writers, 'enemies');
    while (enemies.length > 1) this.blocks.push([enemies.pop()!, enemies.pop()!]);

    const drawn = (count: number, user: Account, words: string) =>
      draw(count, this.near(user, writers), `${words} ${user.username}`);
    for (const visitor of visitors) {
      const followed = drawn(FOLLOWED_BY_VISITOR, visitor, 'followed by');
      for (const writer of followed) this.follows.push([visitor, writer]);
      for (const writer of drawn(FOLLOWERS_OF_VISITOR, visitor, 'follow'))
        this.follows.push([writer, visitor]);
      for (const muted of followed.slice(0, 1)) this.mutes.push([visitor, muted]);
    }
    for (const user of writers) {
      for (const other of drawn(FOLLOWED_BY_WRITER, user, 'followed by')) this.follows.push([user, other]);
    }
  }

  /** @returns the other accounts without a block in either direction */
  near(user: Account, others: readonly Account[]): Account[] {
    const apart = this.blocks.filter((pair) => pair.includes(user)).flat();
    return others.filter((other) => other !== user && !apart.includes(other));
  }
}
