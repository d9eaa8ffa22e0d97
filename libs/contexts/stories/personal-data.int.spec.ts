import { contexts } from '@rookery/contexts';
import { enroll, signUp } from '@rookery/contexts/identity/testing';
import { follow, highlight, publishStory } from '@rookery/contexts/stories/testing';
import { Transaction } from '@rookery/persistence';
import { eventually, type Person } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { KNOWN_COLUMNS, StoriesPersonalData } from './personal-data';

describe('The personal data of stories', () => {
  const system = ownSystem(contexts, { STORY_FAN_OUT_LIMIT: '1' });
  let ada: Person;
  let bob: Person;
  let eve: Person;
  let ofAda: string;
  let ofBob: string;
  /** Another one of Ada's, for Bob alone. */
  let listed: string;

  const ask = (who: Person, route: string, body?: object) => system.ask(route, { token: who.token, body });
  const erase = (who: Person, limit: number) =>
    system.inWorker(Transaction).run(() => system.inWorker(StoriesPersonalData).erase(who.id, limit));
  const respond = async (who: Person, storyId: string, text: string) => {
    await ask(who, `POST /v1/stories/${storyId}/view`);
    await ask(who, `POST /v1/stories/${storyId}/reactions`, { emoji: '🔥' });
    await ask(who, `POST /v1/stories/${storyId}/replies`, { text });
  };
  const settled = () =>
    eventually(async () => {
      const open = await system.sql(
        `SELECT FROM messaging.outbox event LEFT JOIN messaging.event_delivery delivery USING (event_id)
         WHERE event.published_at IS NULL OR delivery.state = 'pending' LIMIT 1`,
      );
      return open.length === 0;
    });
  const exported = async ({ id }: Person) => {
    const sections: Record<string, object[]> = {};
    for await (const [name, rows] of system.inWorker(StoriesPersonalData).export(id))
      sections[name] = [...(sections[name] ?? []), ...rows];
    return sections;
  };
  const holds = async ({ id }: Person, column: string) => {
    const [table, name] = column.split('.');
    return (await system.sql(`SELECT FROM stories.${table} WHERE ${name} = $1 LIMIT 1`, [id])).length > 0;
  };

  beforeAll(async () => {
    [ada, bob, eve] = await Promise.all([signUp(system), enroll(system), enroll(system)]);
    for (const [who, whom] of [
      [bob, ada],
      [eve, ada],
      [ada, bob],
      [ada, eve],
      [bob, eve],
    ] as const)
      await follow(system, who, whom);
    await settled();
    ofAda = (await publishStory(system, ada, { text: 'Mine' })).id;
    listed = (await publishStory(system, ada, { visibility: 'friends', audienceUserIds: [bob.id] })).id;
    ofBob = (
      await publishStory(system, bob, { visibility: 'friends', audienceUserIds: [ada.id], text: 'For Ada' })
    ).id;
    await publishStory(system, eve); // eve becomes a merged author, as ada has
    await respond(ada, ofBob, 'From Ada');
    await respond(bob, ofAda, 'From Bob');
    await highlight(system, ada, [ofAda]);
    await settled();
  }, 240_000);

  it('names every column that holds an id of a user', async () => {
    const columns = await system.sql<{ name: string }>(
      `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
       WHERE table_schema = 'stories' AND data_type = 'uuid' AND column_name NOT IN ('id', 'story_id') ORDER BY 1`,
    );
    expect([...columns.map(({ name }) => name), 'people.id'].sort()).toEqual([...KNOWN_COLUMNS].sort());
  });

  it('is exported: stories, highlights and what the user did with those of others', async () => {
    expect(await exported(ada)).toEqual({
      stories: [
        {
          id: ofAda,
          text: 'Mine',
          mediaKey: null,
          visibility: 'public',
          audienceUserIds: null,
          createdAt: expect.any(Date),
          expiresAt: expect.any(Date),
          deletedAt: null,
        },
        expect.objectContaining({ id: listed, audienceUserIds: [bob.id] }),
      ],
      storyViews: [{ id: ofBob, storyId: ofBob, viewedAt: expect.any(Date) }],
      storyReactions: [{ id: expect.any(String), storyId: ofBob, emoji: '🔥', reactedAt: expect.any(Date) }],
      storyReplies: [
        { id: expect.any(String), storyId: ofBob, text: 'From Ada', createdAt: expect.any(Date) },
      ],
      highlights: [
        { id: expect.any(String), name: 'Summer', storyIds: [ofAda], createdAt: expect.any(Date) },
      ],
    });
  });

  it('is complete: every column of what is exported is in the export or is known not to be', async () => {
    const left = [
      'author_id',
      'ended_at',
      'highlights',
      'id',
      'owner_id',
      'restricted',
      'story_author_id',
      'story_id',
      'user_id',
      'version',
      'viewer_id',
    ];
    const columns = await system.sql<{ name: string }>(
      `SELECT DISTINCT column_name AS name FROM information_schema.columns
       WHERE table_schema = 'stories' AND table_name IN ('stories', 'story_views', 'reactions', 'replies', 'highlights')`,
    );
    const shown = new Set(
      Object.values(await exported(ada))
        .flat()
        .flatMap((row) => Object.keys(row))
        .map((name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)),
    );
    expect(
      columns.map(({ name }) => name).filter((name) => !shown.has(name) && !left.includes(name)),
    ).toEqual([]);
  });

  it('is erased in batches, from both sides, and the counts of others are updated', async () => {
    // Each column holds something, or the test shows nothing.
    const held = [];
    for (const column of KNOWN_COLUMNS) if (await holds(ada, column)) held.push(column);
    expect(held).toEqual(KNOWN_COLUMNS);
    await ask(ada, 'DELETE /v1/me');
    await settled();
    for (let calls = 0; ; calls += 1) {
      const counts = Object.values(await erase(ada, 1));
      if (counts.every((count) => count === 0)) break;
      expect(calls).toBeLessThan(60);
    }
    for (const column of KNOWN_COLUMNS) expect([column, await holds(ada, column)]).toEqual([column, false]);
    expect(await system.sql('SELECT FROM stories.response_counts WHERE story_id = $1', [ofAda])).toEqual([]);
    await eventually(async () => {
      const { body } = await ask(bob, `GET /v1/stories/${ofBob}`);
      expect(body).toMatchObject({ viewsCount: 0, repliesCount: 0, reactions: {} });
    });
  });
});
