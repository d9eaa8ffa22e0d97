import { Rebuild } from '@rookery/application';
import { contexts } from '@rookery/contexts';
import { agedToken, enroll } from '@rookery/contexts/identity/testing';
import { follow, publishStory } from '@rookery/contexts/stories/testing';
import type { EventEnvelope } from '@rookery/domain';
import { Snooze } from '@rookery/messaging';
import { Sql, Transaction } from '@rookery/persistence';
import { eventually, type Person } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { askedDuring } from '@rookery/testing/statements';
import * as fc from 'fast-check';
import { isVisible } from '../../model/visibility';
import { ProjectStoryFeed } from './project-story-feed';

const FEED = 'stories.project-feed';
const COUNTS = 'stories.count-responses';
const PEOPLE = 'stories.copy-people';
/** Low, so that small histories have authors of both kinds. */
const FAN_OUT_LIMIT = 2;

describe('The rows of story feeds', () => {
  const system = ownSystem(contexts, { STORY_FAN_OUT_LIMIT: String(FAN_OUT_LIMIT) });

  const put = ({ token }: Person, path: string, method = 'PUT') =>
    system.ask(`${method} /v1/users/${path}`, { token });
  const feed = async ({ token }: Person, scope: string): Promise<string[]> =>
    (await system.ask(`GET /v1/stories/feed?limit=100&scope=${scope}`, { token })).body.data.map(
      ({ id }: { id: string }) => id,
    );
  const settled = () =>
    eventually(async () => {
      const open = await system.sql(
        `SELECT FROM messaging.outbox event LEFT JOIN messaging.event_delivery delivery USING (event_id)
         WHERE event.published_at IS NULL OR delivery.state = 'pending' LIMIT 1`,
      );
      return open.length === 0;
    });
  const rebuild = (name: string) => system.inWorker(Rebuild).run(name);
  const rowsOf = async (table: string) =>
    (await system.sql<{ row: string }>(`SELECT t::text AS row FROM stories.${table} t ORDER BY 1`)).map(
      ({ row }) => row,
    );
  const rows = async () => Promise.all(['feed_items', 'merged_authors', 'merged_follows'].map(rowsOf));
  const events = () =>
    system.sql<EventEnvelope>(
      `SELECT type, version, subject, sequence, data FROM messaging.outbox
       WHERE type IN ('stories.story-created', 'stories.story-deleted', 'social.user-followed', 'social.user-unfollowed')
       ORDER BY id`,
    );
  const deliver = (event: EventEnvelope) =>
    system
      .inWorker(Transaction)
      .run(() =>
        system.inWorker(ProjectStoryFeed).handle(event as Parameters<ProjectStoryFeed['handle']>[0]),
      );

  it('match the model after any history, with any order and repetition of events', async () => {
    const someone = fc.nat({ max: 4 });
    const what = [
      'follow',
      'follow',
      'follow',
      'unfollow',
      'block',
      'unblock',
      'story',
      'story',
      'delete',
    ] as const;
    const step = fc.record({
      what: fc.constantFrom(...what),
      who: someone,
      whom: someone,
      visibility: fc.constantFrom('public', 'friends', 'friends', 'private'),
      audience: fc.option(fc.uniqueArray(someone, { minLength: 1, maxLength: 3 })),
    });
    const order = fc.array(fc.nat(), { minLength: 20, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30 }), order, async (history, places) => {
        await system.sql(
          'UPDATE stories.stories SET deleted_at = now(), ended_at = now() WHERE deleted_at IS NULL',
        );
        const people = await Promise.all(Array.from({ length: 5 }, () => enroll(system)));
        const follows = new Set<string>();
        const blocks = new Set<string>();
        let stories: { id: string; author: number; visibility: string; audience: number[] | null }[] = [];
        for (const { what: did, who, whom, visibility, audience } of history) {
          const [user, other] = [people[who]!, people[whom]!];
          const pair = `${who} ${whom}`;
          if (did === 'story') {
            const listed = visibility === 'friends' ? audience : null;
            const draft = {
              visibility,
              ...(listed && { audienceUserIds: listed.map((each) => people[each]!.id) }),
            };
            stories.unshift({
              id: (await publishStory(system, user, draft)).id,
              author: who,
              visibility,
              audience: listed,
            });
          } else if (did === 'delete') {
            const gone = stories.find(({ author }) => author === who);
            if (gone) await system.ask(`DELETE /v1/stories/${gone.id}`, { token: user.token });
            stories = stories.filter((each) => each !== gone);
          } else if (who !== whom) {
            const path = did.endsWith('follow') ? 'follow' : 'block';
            const { status } = await put(
              user,
              `${other.id}/${path}`,
              did.startsWith('un') ? 'DELETE' : 'PUT',
            );
            if (status !== 204) continue;
            if (did === 'follow') follows.add(pair);
            if (did === 'unfollow') follows.delete(pair);
            if (did === 'unblock') blocks.delete(pair);
            if (did === 'block') {
              blocks.add(pair);
              follows.delete(pair);
              follows.delete(`${whom} ${who}`);
            }
          }
        }
        await settled();
        const all = await events();
        // Five at once: the worker has ten connections, and is at work itself.
        for (let start = 0; start < places.length; start += 5)
          await Promise.all(
            places.slice(start, start + 5).map((place) => deliver(all[place % all.length]!).catch(snoozed)),
          );
        await settled();
        const now = new Date();
        for (const [viewer, person] of people.entries()) {
          const seen = stories.filter(({ author, visibility, audience }) =>
            isVisible(
              {
                authorId: people[author]!.id,
                visibility: visibility as 'public',
                restricted: audience !== null,
                highlighted: false,
                expiresAt: new Date(now.getTime() + 1_000),
                deletedAt: null,
              },
              {
                viewerId: person.id,
                canSeeAuthor: !blocks.has(`${author} ${viewer}`) && !blocks.has(`${viewer} ${author}`),
                following: follows.has(`${viewer} ${author}`),
                listed: audience?.includes(viewer) ?? false,
              },
              now,
            ),
          );
          expect(await feed(person, 'all')).toEqual(seen.map(({ id }) => id));
          const followed = seen.filter(({ author }) => follows.has(`${viewer} ${author}`));
          expect(await feed(person, 'following')).toEqual(followed.map(({ id }) => id));
        }
      }),
      { numRuns: 12 },
    );
  }, 480_000);

  /** As the consumer does, which delivers such an event again. */
  const snoozed = (error: Error) => {
    if (error.name !== 'Snooze') throw error;
  };

  describe('after a rebuild', () => {
    let people: Person[];

    beforeAll(async () => {
      await system.sql('TRUNCATE stories.feed_items, stories.merged_authors, stories.merged_follows');
      await system.sql(
        'UPDATE stories.stories SET deleted_at = now(), ended_at = now() WHERE deleted_at IS NULL',
      );
      people = await Promise.all(Array.from({ length: 5 }, () => enroll(system)));
      const [popular, ...others] = people as [Person, ...Person[]];
      for (const each of others) await follow(system, each, popular);
      for (const [index, each] of others.entries())
        await follow(system, each, others[(index + 1) % others.length]!);
      await settled();
      for (const each of people)
        for (const visibility of ['public', 'friends', 'private'])
          await publishStory(system, each, { visibility });
      const audienceUserIds = [others[0]!.id, others[1]!.id];
      await publishStory(system, popular, { visibility: 'friends', audienceUserIds });
      await settled();
    }, 240_000);

    it('are unchanged if all rows are correct', async () => {
      const before = await rows();
      expect(before.map(({ length }) => length)).toEqual([4 * 2 + 2, 1, 4]);
      await rebuild(FEED);
      await settled();
      expect(await rows()).toEqual(before);
    });

    it.each<[string, string]>([
      ['rows are gone', 'DELETE FROM stories.feed_items'],
      [
        'there are rows of stories that are gone',
        `INSERT INTO stories.feed_items SELECT user_id, gen_random_uuid(), author_id, created_at, friends_only FROM stories.feed_items`,
      ],
      [
        'there are rows of users who do not follow',
        `INSERT INTO stories.feed_items SELECT gen_random_uuid(), story_id, author_id, created_at, friends_only FROM stories.feed_items`,
      ],
      ['rows say that all stories are public', 'UPDATE stories.feed_items SET friends_only = false'],
      ['rows of merged authors are gone', 'DELETE FROM stories.merged_follows'],
      [
        'users follow merged authors who do not',
        'INSERT INTO stories.merged_follows SELECT gen_random_uuid(), author_id FROM stories.merged_authors',
      ],
      ['it is not known any more who is merged', 'DELETE FROM stories.merged_authors'],
    ])('are the same when %s', async (_, wreck) => {
      const before = await rows();
      await system.sql(wreck);
      expect(await rows()).not.toEqual(before);
      await rebuild(FEED);
      await settled();
      expect(await rows()).toEqual(before);
    });

    it('of counts are those of the stored rows', async () => {
      const { id } = await publishStory(system, people[0]!);
      for (const each of people) await system.ask(`POST /v1/stories/${id}/view`, { token: each.token });
      await system.ask(`POST /v1/stories/${id}/reactions`, {
        token: people[1]!.token,
        body: { emoji: '🔥' },
      });
      const counted = () =>
        system.sql('SELECT kind, count FROM stories.response_counts WHERE story_id = $1 ORDER BY kind', [id]);
      const expected = [
        { kind: '🔥', count: 1 },
        { kind: 'views', count: 4 },
      ].sort((a, b) => (a.kind < b.kind ? -1 : 1));
      const right = async () => expect(new Set(await counted())).toEqual(new Set(expected));
      await eventually(right);
      for (const wreck of [
        'DELETE FROM stories.response_counts',
        'UPDATE stories.response_counts SET count = count + 1000',
        `INSERT INTO stories.response_counts SELECT id, '👍', 7 FROM stories.stories`,
      ]) {
        await system.sql(wreck);
        await rebuild(COUNTS);
        await right();
      }
    });

    it('of people are those of identity', async () => {
      const before = await rowsOf('people');
      await system.sql(`UPDATE stories.people SET name = 'Wrong', version = version + 100`);
      await rebuild(PEOPLE);
      expect(await rowsOf('people')).toEqual(before);
    });
  });

  it('are not waited for while a command has locked their story, which could wait for the worker in turn', async () => {
    const author = await enroll(system);
    const stories = [await publishStory(system, author), await publishStory(system, author)];
    await settled();
    const created = await system.sql<EventEnvelope>(
      `SELECT type, version, subject, sequence, data FROM messaging.outbox
       WHERE type = 'stories.story-created' AND subject = ANY ($1::uuid[])`,
      [stories.map(({ id }) => id)],
    );
    const [transaction, projection] = [system.inWorker(Transaction), system.inWorker(ProjectStoryFeed)];
    const handle = (event: EventEnvelope) =>
      projection.handle(event as Parameters<ProjectStoryFeed['handle']>[0]);
    const lock = (event: EventEnvelope) =>
      system
        .inApi(Sql)
        .execute('SELECT FROM stories.stories WHERE id = $1 FOR NO KEY UPDATE', [event.subject]);
    const [first, second] = created as [EventEnvelope, EventEnvelope];
    await system.inApi(Transaction).run(async () => {
      await lock(second);
      const batch = transaction.run(async () => {
        await handle(first);
        await handle(second);
      });
      await Promise.all([expect(batch).rejects.toThrow(Snooze), lock(first)]);
    });
    await transaction.run(async () => {
      await handle(first);
      await handle(second);
    });
  });

  it('cost a page the same number of statements, however many stories are on it', async () => {
    const [reader, author] = await Promise.all([enroll(system), enroll(system)]);
    await follow(system, reader, author);
    const token = await agedToken(system, reader);
    const asked = async (limit: number) => {
      const get = () => system.ask(`GET /v1/stories/feed?limit=${limit}`, { token });
      await get();
      // One in four seconds reads its session again.
      const counts: number[] = [];
      while (counts.length < 3) counts.push((await askedDuring(system, get)).postgres.flat().length);
      return Math.min(...counts);
    };
    for (let count = 0; count < 10; count += 1)
      await publishStory(system, author, { visibility: count % 2 ? 'public' : 'friends' });
    await settled();
    const one = await asked(1);
    expect(await asked(20)).toBe(one);
    expect(one).toBeLessThanOrEqual(5);
  });
});
