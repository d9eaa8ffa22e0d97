import { Injectable } from '@nestjs/common';
import type { Seed } from '@rookery/application';
import { Clock } from '@rookery/domain';
import { Sql, Transaction } from '@rookery/persistence';
import { type Account, Accounts, DEMO_PREFIX, demoAccounts } from '../../identity/contract';
import { Comment } from '../model/comment';
import { Post } from '../model/post';
import type { Relationship } from '../model/relationship';
import { Comments } from '../storage/comments';
import { People } from '../storage/people';
import { Posts } from '../storage/posts';
import { Relationships } from '../storage/relationships';
import { chance } from './chance';
import { type Pair, Relations, VISITORS } from './relations';
import { commentOf, draftOf, MAX_COMMENTS, MAX_POSTS } from './texts';

/** Maximum age of posts in milliseconds: six weeks. */
const HISTORY_MS = 6 * 7 * 86_400_000;
const POST_EVERY_MS = HISTORY_MS / MAX_POSTS;
const ANSWERED_WITHIN_MS = 3 * 86_400_000;

interface Published {
  id: string;
  author: Account;
  /** Milliseconds since the epoch. */
  at: number;
}

/**
 * Posts and comments of the demo accounts in the last weeks, and whom they follow, mute and block: all or nothing, and
 * nothing if there is data already. The result depends only on usernames.
 */
@Injectable()
export class SeedPosts implements Seed {
  constructor(
    private readonly accounts: Accounts,
    private readonly clock: Clock,
    private readonly comments: Comments,
    private readonly people: People,
    private readonly posts: Posts,
    private readonly relationships: Relationships,
    private readonly sql: Sql,
    private readonly transaction: Transaction,
  ) {}

  async run(): Promise<void> {
    await this.transaction.run(async () => {
      if (!(await this.lock()) || (await this.seeded())) return;
      const everybody = await demoAccounts(this.accounts);
      await this.people.copy(everybody.map(({ id }) => id));
      const relations = new Relations(everybody);
      await this.relate(relations);
      const posts = await this.publish(everybody);
      await this.discuss(posts, everybody, relations);
    });
  }

  /** @returns whether no other process is seeding; waiting for it would exceed the lock timeout */
  private async lock(): Promise<boolean> {
    const row = await this.sql.row<{ locked: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended('social.seed', 0)) AS locked`,
    );
    return row!.locked;
  }

  /** Visitors may have written their own posts. */
  private async seeded(): Promise<boolean> {
    const row = await this.sql.row(
      `SELECT 1 FROM social.posts post JOIN social.people author ON author.id = post.author_id
       WHERE starts_with(author.username, $1) AND author.username <> ALL ($2) LIMIT 1`,
      [DEMO_PREFIX, VISITORS],
    );
    return row !== undefined;
  }

  private async relate({ blocks, follows, mutes }: Relations): Promise<void> {
    const since = new Date(this.clock.now().getTime() - HISTORY_MS);
    for (const pair of blocks) await this.change(pair, (relationship) => relationship.block(since));
    for (const pair of follows) await this.change(pair, (relationship) => relationship.follow(since));
    for (const pair of mutes) await this.change(pair, (relationship) => relationship.mute(since));
  }

  private async change([user, other]: Pair, act: (relationship: Relationship) => boolean): Promise<void> {
    const relationship = await this.relationships.lockBetween(user.id, other.id);
    if (act(relationship)) await this.relationships.save(relationship);
  }

  /** Oldest first, at about equal distances in time. */
  private async publish(everybody: readonly Account[]): Promise<Published[]> {
    const published: Published[] = [];
    const beginning = this.clock.now().getTime() - HISTORY_MS;
    for (let number = 0; number < MAX_POSTS; number += 1) {
      const author = everybody[chance(everybody.length, 'author of post', number)]!;
      const at = beginning + number * POST_EVERY_MS + chance(POST_EVERY_MS, 'time of post', number);
      const post = Post.create(author.id, draftOf(mixed(number, MAX_POSTS)), new Date(at));
      await this.posts.save(post);
      published.push({ id: post.id, author, at });
    }
    return published;
  }

  /** Readers comment on a post within three days, on some posts often and on some never. */
  private async discuss(posts: readonly Published[], everybody: readonly Account[], relations: Relations) {
    const now = this.clock.now().getTime();
    for (let number = 0; number < MAX_COMMENTS; number += 1) {
      const post = posts[chance(posts.length, 'post of comment', number)]!;
      const readers = relations.near(post.author, everybody);
      const reader = readers[chance(readers.length, 'author of comment', number)]!;
      const at = post.at + chance(Math.min(ANSWERED_WITHIN_MS, now - post.at), 'time of comment', number);
      const text = commentOf(mixed(number, MAX_COMMENTS));
      await this.comments.save(Comment.add(post.id, reader.id, text, new Date(at)));
    }
  }
}

/**
 * @returns the numbers below `count` in an order in which neighbors are unrelated; `count` must not be a multiple of 73
 */
function mixed(number: number, count: number): number {
  return (number * 73) % count;
}
