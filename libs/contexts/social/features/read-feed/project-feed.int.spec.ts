import { type EventEnvelope, newId } from '@rookery/domain';
import { type Position, Sql, Transaction } from '@rookery/persistence';
import { eventually } from '@rookery/testing';
import { TestLedger } from '@rookery/testing/ledger';
import * as fc from 'fast-check';
import { Post } from '../../model/post';
import { FeedSettings } from '../../settings';
import { FeedItems } from '../../storage/feed-items';
import { Posts, postSchema } from '../../storage/posts';
import { Relationships, relationshipSchema } from '../../storage/relationships';
import { Feed, type FeedFilters } from '../../views/feed';
import { WordIndex } from '../../views/word-index';
import { ProjectFeed } from './project-feed';

const EVERYTHING: FeedFilters = { tags: [], search: '', sort: 'desc' };
/** Authors with more followers are merged; low, so that small histories have authors of both kinds. */
const FAN_OUT_LIMIT = 2;

interface Written {
  id: string;
  authorId: string;
  createdAt: number;
}

describe('The rows of the feed', () => {
  let ledger: TestLedger;

  beforeAll(async () => {
    process.env.FEED_FAN_OUT_LIMIT = String(FAN_OUT_LIMIT);
    ledger = await TestLedger.start({
      schemas: [postSchema, relationshipSchema],
      providers: [Feed, FeedItems, FeedSettings, Posts, ProjectFeed, Relationships, WordIndex],
    });
    delete process.env.FEED_FAN_OUT_LIMIT;
  });
  afterAll(() => ledger.stop());

  const people = async (count: number) => {
    const ids = Array.from({ length: count }, () => newId());
    await ledger.sql(
      `INSERT INTO social.people (id, version, username, name, active)
       SELECT id, 1, id::text, 'Some Person', true FROM unnest($1::uuid[]) AS id`,
      [ids],
    );
    return ids;
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
  const publish = async (authorId: string, createdAt: number): Promise<Written> => {
    const post = Post.create(authorId, { title: 'T', content: 'C', tags: ['tag'] }, new Date(createdAt));
    await ledger.run(() => ledger.get(Posts).save(post));
    return { id: post.id, authorId, createdAt };
  };
  const remove = (id: string) =>
    ledger.run(async () => {
      const post = await ledger.get(Posts).get(id);
      post.delete();
      await ledger.get(Posts).remove(post);
    });
  const events = (after = 0) =>
    ledger.sql<EventEnvelope & { number: number }>(
      `SELECT id::int AS number, type, version, subject, sequence, data FROM messaging.outbox
       WHERE id > $1 ORDER BY id`,
      [after],
    );
  const handle = (event: EventEnvelope) =>
    ledger.get(ProjectFeed).handle(event as Parameters<ProjectFeed['handle']>[0]);
  const deliver = (event: EventEnvelope) => ledger.run(() => handle(event));
  const lastNumber = async () => {
    const [row] = await ledger.sql<{ number: number | null }>(
      'SELECT max(id)::int AS number FROM messaging.outbox',
    );
    return row!.number ?? undefined;
  };
  const lastEvent = async () => (await events((await lastNumber())! - 1)).at(-1)!;
  const feedOf = async (userId: string, filters = EVERYTHING) =>
    (await ledger.get(Feed).page(userId, filters, undefined, 1_000)).rows.map(({ id }) => id);
  const count = async (table: string, authorId: string) => {
    const [row] = await ledger.sql<{ count: number }>(
      `SELECT count(*)::int AS count FROM social.${table} WHERE author_id = $1`,
      [authorId],
    );
    return row!.count;
  };

  it('are the same whatever happened, in any order and with any repetition of events', async () => {
    const people5 = fc.nat({ max: 4 });
    const step = fc.record({
      what: fc.constantFrom(
        'follow',
        'follow',
        'follow',
        'unfollow',
        'mute',
        'unmute',
        'block',
        'unblock',
        'post',
        'post',
        'delete',
        'hear',
        'hear',
        'hear',
      ),
      who: people5,
      whom: people5,
      which: fc.nat({ max: 1_000 }),
    });
    const order = fc.array(fc.nat({ max: 1_000 }), { minLength: 80, maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), order, async (history, places) => {
        const ids = await people(5);
        const before = (await lastNumber()) ?? 0;
        const oracle = new Oracle();
        const hearing: Promise<void>[] = [];
        for (const { what, who, whom, which } of history) {
          const [userId, otherId] = [ids[who]!, ids[whom]!];
          const post = oracle.posts[which % Math.max(1, oracle.posts.length)];
          if (what === 'post')
            oracle.posts.push(await publish(userId, Date.UTC(2026, 0, 1, 0, 0, which % 3)));
          else if (what === 'delete') {
            if (!post) continue;
            oracle.posts.splice(oracle.posts.indexOf(post), 1);
            await remove(post.id);
          } else if (what === 'hear') {
            const heard = await events(before);
            // Not awaited: it runs concurrently with the next step.
            if (heard.length > 0) hearing.push(deliver(heard[which % heard.length]!));
          } else if (userId !== otherId) {
            if (what === 'follow' && oracle.has('block', userId, otherId)) continue;
            await relate(userId, otherId, (relationship) => relationship[what as 'mute'](new Date()));
            if (what === 'block') await unfollow(otherId, userId);
            oracle.note(what, userId, otherId);
          }
        }
        await Promise.all(hearing);
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
        for (const id of ids) expect(await feedOf(id)).toEqual(oracle.feedOf(id));
        expect(await rows(ids)).toEqual(oracle.rows(ids, await merged(ids)));
      }),
      { numRuns: 60 },
    );
  }, 360_000);

  const merged = async (ids: readonly string[]) =>
    new Set(
      (
        await ledger.sql<{ id: string }>(
          'SELECT author_id AS id FROM social.merged_authors WHERE author_id = ANY ($1::uuid[])',
          [ids],
        )
      ).map(({ id }) => id),
    );
  /** Rows that were fanned out before their author was merged may remain, so only unmerged authors are compared. */
  const rows = async (ids: readonly string[]) => ({
    items: (
      await ledger.sql<{ row: string }>(
        `SELECT item.user_id || ' ' || item.post_id AS row FROM social.feed_items item
         WHERE item.author_id = ANY ($1::uuid[]) AND NOT EXISTS (
           SELECT 1 FROM social.merged_authors author WHERE author.author_id = item.author_id)`,
        [ids],
      )
    )
      .map(({ row }) => row)
      .sort(),
    follows: (
      await ledger.sql<{ row: string }>(
        `SELECT user_id || ' ' || author_id AS row FROM social.merged_follows WHERE author_id = ANY ($1::uuid[])`,
        [ids],
      )
    )
      .map(({ row }) => row)
      .sort(),
  });

  it('let a walk by cursor skip and repeat nothing of what was there throughout', async () => {
    const second = fc.nat({ max: 5 });
    const change = fc.record({ author: fc.nat({ max: 3 }), second, removes: fc.boolean() });
    const limits = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 });
    const sort = fc.constantFrom<FeedFilters['sort']>('asc', 'desc');
    const seconds = fc.array(fc.record({ author: fc.nat({ max: 3 }), second }), {
      minLength: 8,
      maxLength: 30,
    });
    const narrowed = fc.constantFrom<Partial<FeedFilters>>(
      {},
      { tags: ['tag'] },
      { since: '2026-01-01T00:00:01Z', until: '2026-01-01T00:00:04Z' },
    );
    await fc.assert(
      fc.asyncProperty(
        ...([seconds, fc.array(change, { maxLength: 12 }), limits, sort, narrowed] as const),
        async (written, changes, sizes, direction, narrowing) => {
          const [viewer, author, popular, muted, ...others] = (await people(7)) as [
            string,
            string,
            string,
            string,
          ];
          const authors = [viewer, author, popular, muted];
          for (const id of [author, popular, muted]) await follow(viewer, id);
          for (const id of others) await follow(id, popular);
          const before = (await lastNumber())!;
          const lasting: Written[] = [];
          for (const { author: index, second: at } of written)
            lasting.push(await publish(authors[index]!, Date.UTC(2026, 0, 1, 0, 0, at)));
          await relate(viewer, muted, (relationship) => relationship.mute(new Date()));
          for (const event of await events(before)) await deliver(event);
          const filters = { ...EVERYTHING, ...narrowing, sort: direction };
          const passing: Written[] = [];
          const seen: Written[] = [];
          let position: Position | undefined;
          for (let page = 0; ; page += 1) {
            const changing = meanwhile(changes[page], authors, passing);
            const limit = sizes[page % sizes.length]!;
            const { rows: found } = await ledger.get(Feed).page(viewer, filters, position, limit);
            await changing;
            seen.push(
              ...found.map(({ id, author: { id: authorId }, createdAt }) => ({
                id,
                authorId,
                createdAt: createdAt.getTime(),
              })),
            );
            if (found.length < limit) break;
            position = [found.at(-1)!.createdAt.toISOString(), found.at(-1)!.id];
          }
          const ids = seen.map(({ id }) => id);
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids).toEqual(inOrder(seen, direction));
          const throughout = lasting.filter(
            ({ authorId, createdAt }) =>
              authorId !== muted &&
              createdAt >= Date.parse(filters.since ?? '2025-01-01') &&
              createdAt <= Date.parse(filters.until ?? '2027-01-01'),
          );
          const lastingIds = new Set(lasting.map(({ id }) => id));
          expect(ids.filter((id) => lastingIds.has(id))).toEqual(inOrder(throughout, direction));
        },
      ),
      { numRuns: 40 },
    );
  }, 360_000);

  /** A post is published or deleted while a page is read, and the worker handles the event. */
  const meanwhile = async (
    change: { author: number; second: number; removes: boolean } | undefined,
    authors: readonly string[],
    passing: Written[],
  ) => {
    if (!change) return;
    const before = (await lastNumber())!;
    const gone = change.removes ? passing.pop() : undefined;
    if (gone) await remove(gone.id);
    else passing.push(await publish(authors[change.author]!, Date.UTC(2026, 0, 1, 0, 0, change.second)));
    for (const event of await events(before)) await deliver(event);
  };

  describe('when the worker does two things at once', () => {
    /** Runs a delivery, and another one before the first has committed. */
    const meet = async (first: EventEnvelope, other: () => Promise<unknown>) => {
      let meeting: Promise<unknown> | undefined;
      await ledger.run(async () => {
        await handle(first);
        meeting = outside(other);
        await outside(() =>
          // Less than the ten seconds for which a transaction may be idle.
          eventually(async () => (await waiting()) > 0 || (await settled(meeting!)), 8_000),
        );
      });
      await meeting;
    };
    const outside = <T>(work: () => Promise<T>) => ledger.get(Transaction).outside(work);
    const waiting = async () => {
      const [row] = await ledger.sql<{ waiting: number }>(
        `SELECT count(*)::int AS waiting FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return row!.waiting;
    };
    const settled = (work: Promise<unknown>) =>
      Promise.race([work.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))]);

    it('a deleted post leaves no rows behind', async () => {
      const [reader, author] = (await people(2)) as [string, string];
      await follow(reader, author);
      const { id } = await publish(author, 0);
      await meet(await lastEvent(), async () => {
        await remove(id);
        await deliver(await lastEvent());
      });
      expect(await count('feed_items', author)).toBe(0);
    });

    it('an unfollowed author leaves no rows behind', async () => {
      const [reader, author] = (await people(2)) as [string, string];
      await follow(reader, author);
      await publish(author, 0);
      await meet(await lastEvent(), async () => {
        await unfollow(reader, author);
        await deliver(await lastEvent());
      });
      expect(await count('feed_items', author)).toBe(0);
    });

    it('a user who follows while the author is being merged sees their posts', async () => {
      const [author, late, ...early] = (await people(2 + FAN_OUT_LIMIT + 1)) as [string, string];
      for (const id of early) await follow(id, author);
      const { id } = await publish(author, 0);
      await meet(await lastEvent(), async () => {
        await follow(late, author);
        await deliver(await lastEvent());
      });
      expect(await feedOf(late)).toEqual([id]);
      expect(await count('merged_follows', author)).toBe(early.length + 1);
      const next = await publish(author, 1);
      await deliver(await lastEvent());
      expect(await feedOf(late)).toEqual([next.id, id]);
    });

    it('a row that is swept while its author is followed again is restored', async () => {
      const [reader, author] = (await people(2)) as [string, string];
      await follow(reader, author);
      await publish(author, 0);
      await deliver(await lastEvent());
      await unfollow(reader, author);
      let sweeping: Promise<unknown> | undefined;
      let following: Promise<unknown> | undefined;
      await ledger.run(async () => {
        await ledger
          .get(Sql)
          .execute('SELECT 1 FROM social.feed_items WHERE author_id = $1 FOR UPDATE', [author]);
        await outside(async () => {
          sweeping = ledger.run(() => ledger.get(ProjectFeed).sweep(null, 1_000_000));
          await eventually(async () => (await waiting()) === 1, 8_000);
          following = follow(reader, author).then(async () => deliver(await lastEvent()));
          await eventually(async () => (await waiting()) === 2 || (await settled(following!)), 8_000);
        });
      });
      await Promise.all([sweeping, following]);
      expect(await count('feed_items', author)).toBe(1);
    });
  });

  describe('of an author with very many posts', () => {
    let reader: string;
    let author: string;

    beforeEach(async () => {
      [reader, author] = (await people(2)) as [string, string];
      await ledger.sql(
        `INSERT INTO social.posts (id, version, author_id, title, content, tags, created_at, updated_at)
         SELECT gen_random_uuid(), 1, $1, 'T', 'C', '{}', to_timestamp(n / 700), now() FROM generate_series(1, 2100) n`,
        [author],
      );
    });
    const items = () => count('feed_items', author);
    /** Delivers an event and those that follow from it. @returns number of rows after each */
    const deliverAll = async (first: EventEnvelope): Promise<number[]> => {
      const counts: number[] = [];
      for (let next: EventEnvelope | undefined = first; next;) {
        const before = (await lastNumber())!;
        await deliver(next);
        counts.push(await items());
        next = (await events(before)).at(-1);
      }
      return counts;
    };

    it('are added and removed in batches, each in a transaction of its own', async () => {
      await follow(reader, author);
      const followed = await lastEvent();
      expect(await deliverAll(followed)).toEqual([1_000, 2_000, 2_100]);
      await unfollow(reader, author);
      expect(await deliverAll(await lastEvent())).toEqual([1_100, 100, 0]);
      expect(await deliverAll(followed)).toEqual([0, 0, 0]); // late
    });

    it('are complete or absent, whatever changes between two batches', async () => {
      await follow(reader, author);
      await deliver(await lastEvent());
      const begun = await lastEvent();
      await unfollow(reader, author);
      await deliver(await lastEvent());
      const ended = await lastEvent();
      await deliverAll(begun);
      expect(await items()).toBe(0);
      await follow(reader, author);
      await deliver(await lastEvent());
      const again = await lastEvent();
      await deliverAll(ended);
      await deliverAll(again);
      expect(await items()).toBe(2_100);
    });
  });

  it('are one for each follower, and not for each post, if an author has many followers; permanently', async () => {
    const [author, ...followers] = (await people(FAN_OUT_LIMIT + 2)) as [string, ...string[]];
    for (const id of followers) await follow(id, author);
    const first = await publish(author, 0);
    await deliver(await lastEvent());
    expect([await count('feed_items', author), await count('merged_follows', author)]).toEqual([0, 3]);
    await unfollow(followers[0]!, author);
    await deliver(await lastEvent());
    const second = await publish(author, 1);
    await deliver(await lastEvent());
    expect([await count('feed_items', author), await count('merged_follows', author)]).toEqual([0, 2]);
    expect(await feedOf(followers[1]!)).toEqual([second.id, first.id]);
    expect(await feedOf(followers[0]!)).toEqual([]);
  });

  it('show a post once that was fanned out before its author was merged', async () => {
    const [author, ...followers] = (await people(FAN_OUT_LIMIT + 2)) as [string, ...string[]];
    await follow(followers[0]!, author);
    const first = await publish(author, 0);
    await deliver(await lastEvent());
    for (const id of followers.slice(1)) await follow(id, author);
    const second = await publish(author, 1);
    await deliver(await lastEvent());
    expect([await count('feed_items', author), await count('merged_follows', author)]).toEqual([1, 3]);
    expect(await feedOf(followers[0]!)).toEqual([second.id, first.id]);
  });
});

type RelationshipOf = Awaited<ReturnType<Relationships['lockBetween']>>;

/** The expected feed of every user, computed in the simplest way. */
class Oracle {
  readonly posts: Written[] = [];
  private readonly said = new Set<string>();

  has(what: string, userId: string, otherId: string): boolean {
    return this.said.has(`${what} ${userId} ${otherId}`);
  }

  note(what: string, userId: string, otherId: string): void {
    if (what.startsWith('un')) this.said.delete(`${what.slice(2)} ${userId} ${otherId}`);
    else this.said.add(`${what} ${userId} ${otherId}`);
    if (what !== 'block') return;
    this.said.delete(`follow ${userId} ${otherId}`);
    this.said.delete(`follow ${otherId} ${userId}`);
  }

  feedOf(userId: string): string[] {
    const shown = this.posts.filter(
      ({ authorId }) =>
        authorId === userId ||
        (this.has('follow', userId, authorId) &&
          !this.has('mute', userId, authorId) &&
          !this.has('block', userId, authorId) &&
          !this.has('block', authorId, userId)),
    );
    return inOrder(shown, 'desc');
  }

  rows(ids: readonly string[], merged: ReadonlySet<string>) {
    const follows = ids.flatMap((userId) =>
      ids
        .filter((authorId) => this.has('follow', userId, authorId))
        .map((authorId) => ({ userId, authorId })),
    );
    const items = follows.flatMap(({ userId, authorId }) =>
      this.posts.filter((post) => post.authorId === authorId).map(({ id }) => ({ userId, authorId, id })),
    );
    return {
      items: items
        .filter(({ authorId }) => !merged.has(authorId))
        .map(({ userId, id }) => `${userId} ${id}`)
        .sort(),
      follows: follows
        .filter(({ authorId }) => merged.has(authorId))
        .map(({ userId, authorId }) => `${userId} ${authorId}`)
        .sort(),
    };
  }
}

function inOrder(posts: readonly Written[], sort: FeedFilters['sort']): string[] {
  const sorted = posts.toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  return (sort === 'asc' ? sorted : sorted.toReversed()).map(({ id }) => id);
}
