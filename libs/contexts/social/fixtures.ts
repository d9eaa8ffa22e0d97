import type { INestApplicationContext, Type } from '@nestjs/common';
import { Clock } from '@rookery/domain';
import { Transaction } from '@rookery/persistence';
import { Post, type PostDraft } from './model/post';
import type { Relationship } from './model/relationship';
import { Posts } from './storage/posts';
import { Relationships } from './storage/relationships';

/** Publishes a post at a given time. @returns its id */
export function publishAt(
  app: INestApplicationContext,
  { authorId, draft, createdAt }: { authorId: string; draft: PostDraft; createdAt: string },
): Promise<string> {
  const get = <T>(type: Type<T>): T => app.get(type, { strict: false });
  return get(Transaction).run(async () => {
    const post = Post.create(authorId, draft, new Date(createdAt));
    await get(Posts).save(post);
    return post.id;
  });
}

const CHANGES = {
  mute: (relationship: Relationship, now: Date) => relationship.mute(now),
  unmute: (relationship: Relationship) => relationship.unmute(),
  block: (relationship: Relationship, now: Date) => relationship.block(now),
  unfollow: (relationship: Relationship) => relationship.unfollow(),
};

/** Changes the relationship of one user to another, without limits, counts or a response. */
export function relate(
  app: INestApplicationContext,
  { userId, otherId, change }: { userId: string; otherId: string; change: keyof typeof CHANGES },
): Promise<void> {
  const get = <T>(type: Type<T>): T => app.get(type, { strict: false });
  return get(Transaction).run(async () => {
    const relationship = await get(Relationships).lockBetween(userId, otherId);
    if (CHANGES[change](relationship, get(Clock).now())) await get(Relationships).save(relationship);
  });
}
