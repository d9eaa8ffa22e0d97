import { type EventEnvelope, newId, occurred } from '@rookery/domain';
import { Snooze } from '@rookery/messaging';
import { Outbox, Sql, Transaction } from '@rookery/persistence';
import { eventually } from '@rookery/testing';
import { TestLedger } from '@rookery/testing/ledger';
import * as fc from 'fast-check';
import { Accounts, UserDeleted } from '../../../identity/contract';
import { Post } from '../../model/post';
import { SocialPersonalData } from '../../personal-data';
import { Comments, commentSchema } from '../../storage/comments';
import { Likes, likeSchema } from '../../storage/likes';
import { People } from '../../storage/people';
import { Posts, postSchema } from '../../storage/posts';
import { ProfileCounts } from '../../storage/profile-counts';
import { Relationships, relationshipSchema } from '../../storage/relationships';
import { ProfileViews } from '../../views/profile';
import { ProjectCounts } from './project-counts';

interface Counts {
  posts: number;
  followers: number;
  following: number;
}

describe('The counts of profiles', () => {
  let ledger: TestLedger;

  beforeAll(async () => {
    ledger = await TestLedger.start({
      schemas: [commentSchema, likeSchema, postSchema, relationshipSchema],
      providers: [
        // Nothing here copies an account.
        { provide: Accounts, useValue: undefined },
        Comments,
        Likes,
        People,
        Posts,
        ProfileCounts,
        ProfileViews,
        ProjectCounts,
        Relationships,
        SocialPersonalData,
      ],
    });
  });
  afterAll(() => ledger.stop());

  const people = async (count: number) => {
    const ids = Array.from({ length: count }, () => newId());
    await ledger.sql(
      `INSERT INTO social.people (id, version, username, name, active)
       SELECT id, 1, id::text, 'Some Person', true FROM unnest($1::uuid[]) AS id`,
      [ids],
    );
    return ids as [string, string, ...string[]];
  };
  const relate = (userId: string, otherId: string, change: (of: RelationshipOf) => boolean) =>
    ledger.run(async () => {
      const relationship = await ledger.get(Relationships).lockBetween(userId, otherId);
      if (change(relationship)) await ledger.get(Relationships).save(relationship);
    });
  const follow = (userId: string, otherId: string) =>
    relate(userId, otherId, (relationship) => relationship.follow(new Date()));
  const unfollow = (userId: string, otherId: string) =>
    relate(userId, otherId, (relationship) => relationship.unfollow());
  const publish = async (authorId: string) => {
    const post = Post.create(authorId, { title: 'T', content: 'C', tags: [] }, new Date());
    await ledger.run(() => ledger.get(Posts).save(post));
    return post.id;
  };
  const remove = (id: string) =>
    ledger.run(async () => {
      const post = await ledger.get(Posts).get(id);
      post.delete();
      await ledger.get(Posts).remove(post);
    });
  /** What the deletion of an account does here: its copy is hidden and its event stored, in one transaction. */
  const leave = (id: string) =>
    ledger.run(async () => {
      await ledger.get(Sql).execute('UPDATE social.people SET active = false WHERE id = $1', [id]);
      const deleted = occurred(UserDeleted, { eraseAfter: new Date().toISOString() }, id);
      await ledger.get(Outbox).append([deleted]);
    });
  const erase = async (id: string) => {
    for (let erased = 1; erased > 0;) {
      const counts = await ledger.run(() => ledger.get(SocialPersonalData).erase(id, 2));
      erased = Object.values(counts).reduce((sum, count) => sum + count, 0);
    }
  };

  const events = (after = 0) =>
    ledger.sql<EventEnvelope & { number: number }>(
      `SELECT id::int AS number, type, version, subject, sequence, data FROM messaging.outbox
       WHERE id > $1 ORDER BY id`,
      [after],
    );
  const lastNumber = async () => {
    const [row] = await ledger.sql<{ number: number }>(
      'SELECT coalesce(max(id), 0)::int AS number FROM messaging.outbox',
    );
    return row!.number;
  };
  const lastEvent = async () => (await events((await lastNumber()) - 1)).at(-1)!;
  const handle = (event: EventEnvelope) =>
    ledger.get(ProjectCounts).handle(event as Parameters<ProjectCounts['handle']>[0]);
  /** As the worker does: what snoozes is delivered again. */
  const deliver = async (event: EventEnvelope): Promise<void> => {
    const attempt = async () => {
      try {
        await ledger.run(() => handle(event));
        return undefined;
      } catch (error) {
        return error as Error;
      }
    };
    const failure = await eventually(async () => {
      const error = await attempt();
      return error instanceof Snooze ? false : error;
    });
    if (failure) throw failure;
  };
  const outside = <T>(work: () => Promise<T>) => ledger.get(Transaction).outside(work);

  const countsOf = async (...ids: string[]) => {
    const details = await ledger.get(ProfileViews).detailsOf(ids, newId());
    return ids.map((id) => details.get(id)!.counts);
  };
  const rows = async (table: string, column: string, ids: readonly string[]) => {
    const [row] = await ledger.sql<{ count: number }>(
      `SELECT count(*)::int AS count FROM social.${table} WHERE ${column} = ANY ($1::uuid[])`,
      [ids],
    );
    return row!.count;
  };

  it('are right whatever happened, in any order and with any repetition of events, and never negative', async () => {
    const who = fc.nat({ max: 4 });
    const step = fc.record({
      what: fc.constantFrom(
        ...([
          'follow',
          'follow',
          'follow',
          'follow',
          'unfollow',
          'block',
          'unblock',
          'post',
          'post',
        ] as const),
        ...(['remove', 'leave', 'erase', 'hear', 'hear', 'hear', 'hear'] as const),
      ),
      who,
      whom: who,
      which: fc.nat({ max: 1_000 }),
    });
    const order = fc.array(fc.nat({ max: 1_000 }), { minLength: 80, maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 50 }), order, async (history, places) => {
        const ids = await people(5);
        const before = await lastNumber();
        const world = new World();
        const hearing: Promise<void>[] = [];
        const negative: Counts[] = [];
        for (const { what, who: one, whom, which } of history) {
          const [userId, otherId] = [ids[one]!, ids[whom]!];
          const post = world.posts[which % Math.max(1, world.posts.length)];
          if (what === 'hear') {
            const heard = await events(before);
            // Not awaited: it runs concurrently with the next step.
            if (heard.length > 0) hearing.push(deliver(heard[which % heard.length]!));
            const sums = await ledger.sql<Counts>(
              `SELECT sum(posts)::int AS posts, sum(followers)::int AS followers, sum(following)::int AS following
               FROM social.profile_counts WHERE user_id = ANY ($1::uuid[]) GROUP BY user_id`,
              [ids],
            );
            negative.push(...sums.filter((sum) => Math.min(...Object.values(sum)) < 0));
          } else if (what === 'erase') {
            if (world.gone.has(userId)) await erase(userId);
          } else if (world.gone.has(userId)) {
            continue;
          } else if (what === 'leave') {
            world.gone.add(userId);
            world.posts = world.posts.filter(({ authorId }) => authorId !== userId);
            await leave(userId);
          } else if (what === 'post') {
            world.posts.push({ id: await publish(userId), authorId: userId });
          } else if (what === 'remove') {
            if (!post) continue;
            world.posts.splice(world.posts.indexOf(post), 1);
            await remove(post.id);
          } else if (userId !== otherId) {
            if (what !== 'unfollow' && what !== 'unblock' && world.gone.has(otherId)) continue;
            if (what === 'follow' && (world.blocks(userId, otherId) || world.blocks(otherId, userId)))
              continue;
            await relate(userId, otherId, (relationship) => relationship[what](new Date()));
            if (what === 'block') await unfollow(otherId, userId);
            world.note(what, userId, otherId);
          }
        }
        await Promise.all(hearing);
        expect(negative).toEqual([]);
        const deliveries = (await events(before))
          .flatMap((event, index) => [
            { event, place: places[(2 * index) % places.length]! },
            { event, place: places[(2 * index + 1) % places.length]! },
          ])
          .filter(({ place }, index) => index % 2 === 0 || place % 2 === 0)
          .sort((a, b) => a.place - b.place);
        for (let start = 0; start < deliveries.length; start += 4) {
          await Promise.all(deliveries.slice(start, start + 4).map(({ event }) => deliver(event)));
        }
        const there = ids.filter((id) => !world.gone.has(id));
        expect(await countsOf(...there)).toEqual(there.map((id) => world.countsOf(id)));
        for (const id of world.gone) await erase(id);
        expect(await countsOf(...there)).toEqual(there.map((id) => world.countsOf(id)));
        const gone = [...world.gone];
        expect(await rows('profile_counts', 'user_id', gone)).toBe(0);
        expect(await rows('counted_follows', 'user_id', gone)).toBe(0);
        expect(await rows('counted_follows', 'other_id', gone)).toBe(0);
        expect(await rows('counted_posts', 'author_id', gone)).toBe(0);
      }),
      { numRuns: 60 },
    );
  }, 360_000);

  it('let nobody wait for the row of a popular user', async () => {
    const [popular, ...fans] = await people(5);
    const before = await lastNumber();
    for (const fan of fans) await follow(fan, popular);
    const followed = await events(before);
    await deliver(followed[0]!);
    await ledger.run(async () => {
      await handle(followed[1]!);
      await outside(() =>
        ledger.run(async () => {
          await handle(followed[2]!);
          await outside(() => deliver(followed[3]!)); // ends although two have not committed
        }),
      );
    });
    expect(await countsOf(popular)).toEqual([{ posts: 0, followers: 4, following: 0 }]);
    expect(await rows('profile_counts', 'user_id', [popular])).toBe(3);
    await unfollow(fans[0], popular);
    await deliver(await lastEvent());
    expect(await countsOf(popular)).toEqual([{ posts: 0, followers: 3, following: 0 }]);
    expect(await rows('profile_counts', 'user_id', [popular])).toBe(3);
  });

  it.each<[string, (ada: string, bob: string) => Promise<() => Promise<void>>]>([
    [
      'a follow that ends',
      async (ada, bob) => {
        await follow(ada, bob);
        return () => unfollow(ada, bob);
      },
    ],
    [
      'a follow of one who is deleted',
      async (ada, bob) => {
        await follow(ada, bob);
        return () => leave(bob);
      },
    ],
    [
      'a post that is deleted',
      async (ada) => {
        const post = await publish(ada);
        return () => remove(post);
      },
    ],
  ])('handle %s that is deleted while it is counted', async (_, begin) => {
    const [ada, bob] = await people(2);
    const end = await begin(ada, bob);
    const begun = await lastEvent();
    let ending: Promise<void> | undefined;
    await ledger.run(async () => {
      await handle(begun);
      await outside(async () => {
        await end();
        const ended = await lastEvent();
        await expect(ledger.run(() => handle(ended))).rejects.toThrow(Snooze);
        ending = deliver(ended);
      });
    });
    await ending;
    expect(await countsOf(ada)).toEqual([{ posts: 0, followers: 0, following: 0 }]);
  });

  it('lose the follows of a deleted user in batches', async () => {
    const [popular, ...fans] = await people(1_001);
    await ledger.sql(
      `WITH follows AS (
         INSERT INTO social.relationships (id, version, user_id, other_id, followed_at)
         SELECT gen_random_uuid(), 1, id, $1::uuid, now() FROM unnest($2::uuid[]) AS id
         UNION ALL SELECT gen_random_uuid(), 1, $1::uuid, id, now() FROM unnest($2::uuid[]) AS id
         RETURNING user_id, other_id),
       marks AS (INSERT INTO social.counted_follows SELECT user_id, other_id FROM follows),
       their_counts AS (
         INSERT INTO social.profile_counts (user_id, posts, followers, following)
         SELECT id, 0, 1, 1 FROM unnest($2::uuid[]) AS id)
       INSERT INTO social.profile_counts (user_id, posts, followers, following) VALUES ($1::uuid, 0, 1000, 1000)`,
      [popular, fans],
    );
    const before = await lastNumber();
    await leave(popular);
    const batches = [];
    for (let next = await events(before); next.length > 0; next = await events(next.at(-1)!.number)) {
      for (const event of next) await deliver(event);
      batches.push(...next.map(({ type }) => type));
    }
    const goesOn = 'social.departure-continued';
    expect(batches).toEqual(['identity.user-deleted', goesOn, goesOn]);
    const none = { posts: 0, followers: 0, following: 0 };
    expect(await countsOf(popular, ...fans)).toEqual(Array.from({ length: 1_001 }, () => none));
  });

  describe('beside a user who follows twenty thousand and is followed by them', () => {
    let popular: string;
    let unknown: string;

    beforeAll(async () => {
      [popular, unknown] = await people(2);
      // In parts: a statement may take five seconds at most.
      for (let part = 0; part < 20; part += 1) {
        const fans = await people(1_000);
        await ledger.sql(
          `WITH follows AS (
             INSERT INTO social.relationships (id, version, user_id, other_id, followed_at)
             SELECT gen_random_uuid(), 1, id, $1::uuid, now() FROM unnest($2::uuid[]) AS id
             UNION ALL SELECT gen_random_uuid(), 1, $1::uuid, id, now() FROM unnest($2::uuid[]) AS id
             RETURNING user_id, other_id)
           INSERT INTO social.counted_follows SELECT user_id, other_id FROM follows`,
          [popular, fans],
        );
      }
      await ledger.sql(
        `INSERT INTO social.profile_counts (user_id, posts, followers, following) VALUES ($1::uuid, 0, 20000, 20000)`,
        [popular],
      );
      await ledger.sql(
        'ANALYZE social.relationships, social.counted_follows, social.people, social.profile_counts',
      );
    });

    /** @returns rows that `work` has read of all tables of the context */
    const readBy = (work: () => Promise<unknown>) =>
      ledger.run(async () => {
        const before = await read();
        await work();
        return (await read()) - before;
      });
    /** Rows that the transaction has read, also those that are not in PostgreSQL's statistics yet. */
    const read = async () => {
      const row = await ledger.get(Sql).row<{ rows: number }>(
        `SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int AS rows
         FROM pg_stat_xact_user_tables WHERE schemaname = 'social'`,
      );
      return row!.rows;
    };

    it.each<[string, (whom: string) => Promise<() => Promise<unknown>>]>([
      [
        'counting a follow',
        async (whom) => {
          const [fan] = await people(1);
          await follow(fan, whom);
          const followed = await lastEvent();
          return () => handle(followed);
        },
      ],
      [
        'counting an unfollow',
        async (whom) => {
          const [fan] = await people(1);
          await follow(fan, whom);
          await deliver(await lastEvent());
          await unfollow(fan, whom);
          const unfollowed = await lastEvent();
          return () => handle(unfollowed);
        },
      ],
      ['reading a profile', async (whom) => () => ledger.get(ProfileViews).detailsOf([whom], newId())],
      [
        'reading profiles as that user',
        async (whom) => {
          const others = await people(3);
          return () => ledger.get(ProfileViews).detailsOf(others, whom);
        },
      ],
    ])('%s reads as few rows as beside one whom nobody follows', async (_, prepare) => {
      // More often than PostgreSQL makes custom plans.
      for (let round = 0; round < 7; round += 1) {
        const few = await readBy(await prepare(unknown));
        const many = await readBy(await prepare(popular));
        // A small table is read whole where that is cheaper than its index.
        expect(Math.max(few, many)).toBeLessThan(200);
      }
    });
  });
});

type RelationshipOf = Awaited<ReturnType<Relationships['lockBetween']>>;

/** What is true, in the simplest way. */
class World {
  posts: { id: string; authorId: string }[] = [];
  readonly gone = new Set<string>();
  private follows: [userId: string, otherId: string][] = [];
  private readonly blocked = new Set<string>();

  blocks(userId: string, otherId: string): boolean {
    return this.blocked.has(`${userId} ${otherId}`);
  }

  note(what: 'follow' | 'unfollow' | 'block' | 'unblock', userId: string, otherId: string): void {
    const without = (one: string, other: string) =>
      this.follows.filter(([user, followed]) => user !== one || followed !== other);
    if (what === 'unblock') return void this.blocked.delete(`${userId} ${otherId}`);
    this.follows = without(userId, otherId);
    if (what === 'follow') this.follows.push([userId, otherId]);
    if (what !== 'block') return;
    this.follows = without(otherId, userId);
    this.blocked.add(`${userId} ${otherId}`);
  }

  countsOf(id: string): Counts {
    const lasting = this.follows.filter((pair) => !pair.some((user) => this.gone.has(user)));
    return {
      posts: this.posts.filter(({ authorId }) => authorId === id).length,
      followers: lasting.filter(([, followed]) => followed === id).length,
      following: lasting.filter(([user]) => user === id).length,
    };
  }
}
