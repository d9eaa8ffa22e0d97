import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { send, presign, png, upload } from '@rookery/contexts/media/testing';
import { follow, publishStory } from '@rookery/contexts/stories/testing';
import { eventually, type Person, privateSystem, sharedSystem } from '@rookery/testing';

describe('Publishing a story', () => {
  const system = sharedSystem();
  let ada: Person;

  beforeAll(async () => {
    ada = await enroll(system, { name: 'Ada Lovelace' });
  });

  const publish = (body: object, who = ada) => system.ask('POST /v1/stories', { token: who.token, body });

  it('returns it, and raises an event', async () => {
    const { status, body, headers } = await publish({ text: ' Swifts! ', visibility: 'public' });
    expect({ status, body }).toMatchObject({
      status: 201,
      body: {
        author: { id: ada.id, name: 'Ada Lovelace' },
        text: 'Swifts!',
        media: null,
        visibility: 'public',
        audienceUserIds: null,
        viewsCount: 0,
        repliesCount: 0,
        reactions: {},
        myReactions: [],
        viewed: false,
        highlighted: false,
      },
    });
    expect(headers.location).toBe(`/v1/stories/${body.id}`);
    expect(Date.parse(body.expiresAt) - Date.parse(body.createdAt)).toBe(86_400_000);
    const raised = await system.sql('SELECT type, data FROM messaging.outbox WHERE subject = $1', [body.id]);
    expect(raised).toEqual([
      {
        type: 'stories.story-created',
        data: { authorId: ada.id, visibility: 'public', mediaKey: null, expiresAt: body.expiresAt },
      },
    ]);
  });

  it('shows the image of its author, to whoever sees the story', async () => {
    const mediaKey = await upload(system, ada);
    const { status, body } = await publish({ mediaKey, visibility: 'public' });
    expect({ status, body }).toMatchObject({
      status: 201,
      body: { text: null, media: { state: 'processing' } },
    });
    const { token } = await enroll(system);
    const shown = await eventually(async () => {
      const story = await system.ask(`GET /v1/stories/${body.id}`, { token });
      expect(story.body.media).toMatchObject({ contentType: 'image/webp', state: 'ready' });
      return story.body.media as { url: string; small: string };
    });
    for (const url of [shown.url, shown.small]) expect((await fetch(url)).status).toBe(200);
    const listed = await system.ask(`GET /v1/users/${ada.id}/stories?limit=1`, { token });
    expect(listed.body.data[0].media.state).toBe('ready');
  });

  it('takes no media of others, no unknown ones, none that were not sent, and no documents', async () => {
    const eve = await enroll(system);
    const announced = await presign(system, ada, png());
    const document = Buffer.from('%PDF-1.7 ');
    const other = await presign(system, ada, document, 'application/pdf', 'a.pdf');
    const keys = [await upload(system, eve), announced.body.mediaKey, 'uploads/none'];
    if (other.status === 201) {
      await send(other, document);
      keys.push(other.body.mediaKey);
    }
    for (const mediaKey of keys) {
      expect(await publish({ text: 'Hi', mediaKey, visibility: 'public' })).toMatchObject({
        status: 422,
        body: { code: 'media.not-usable', errors: [{ path: 'mediaKey' }] },
      });
    }
  });

  it('is counted, by visibility', async () => {
    const counted = () => system.metric('stories_created_total{visibility="private"}');
    const before = await counted();
    await publishStory(system, ada, { visibility: 'private' });
    expect(await counted()).toBe(before + 1);
  });

  it('shows its audience only to the author', async () => {
    const friend = await enroll(system);
    await follow(system, friend, ada);
    const { body } = await publish({ text: 'Hi', visibility: 'friends', audienceUserIds: [friend.id] });
    expect(body.audienceUserIds).toEqual([friend.id]);
    const seen = await system.ask(`GET /v1/stories/${body.id}`, { token: friend.token });
    expect(seen).toMatchObject({ status: 200, body: { audienceUserIds: null, viewsCount: null } });
  });

  it.each<[string, object, string]>([
    ['neither text nor media', { visibility: 'public' }, 'stories.empty'],
    ['an empty text', { visibility: 'public', text: '  ' }, 'stories.empty'],
    [
      'an audience of a public story',
      { visibility: 'public', text: 'Hi', audienceUserIds: [newId()] },
      'stories.audience-without-friends',
    ],
    [
      'an audience of a private story',
      { visibility: 'private', text: 'Hi', audienceUserIds: [newId()] },
      'stories.audience-without-friends',
    ],
  ])('refuses %s', async (_, body, code) => {
    expect(await publish(body)).toMatchObject({ status: 422, body: { code, errors: [{}] } });
  });

  it.each<[string, object, string]>([
    ['no visibility', { text: 'Hi' }, 'visibility'],
    ['an unknown visibility', { text: 'Hi', visibility: 'secret' }, 'visibility'],
    ['a long text', { text: 'x'.repeat(501), visibility: 'public' }, 'text'],
    ['an empty audience', { text: 'Hi', visibility: 'friends', audienceUserIds: [] }, 'audienceUserIds'],
    [
      'more in an audience than allowed',
      { text: 'Hi', visibility: 'friends', audienceUserIds: Array.from({ length: 201 }, newId) },
      'audienceUserIds',
    ],
    [
      'no id in an audience',
      { text: 'Hi', visibility: 'friends', audienceUserIds: ['x'] },
      'audienceUserIds.0',
    ],
    [
      'an unknown field',
      { text: 'Hi', visibility: 'public', expiresAt: '2030-01-01T00:00:00Z' },
      'expiresAt',
    ],
  ])('names the field of %s', async (_, body, path) => {
    expect(await publish(body)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  });
});

describe('Limits of stories', () => {
  const system = privateSystem({
    RATE_LIMIT_ENABLED: 'true',
    RATE_LIMIT_DEFAULT: '10000/1',
    // Per hour, so that nothing of them comes back while a slow machine is at it.
    RATE_LIMIT_STORIES_CREATE: '3/3600',
    RATE_LIMIT_STORIES_REACT: '4/3600',
    STORY_TTL_SECONDS: '120',
  });

  it('limit the rate of publishing per user', async () => {
    const [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    const publish = ({ token }: Person) =>
      system.ask('POST /v1/stories', { token, body: { text: 'Hi', visibility: 'public' } });
    const answers = await Promise.all(Array.from({ length: 6 }, () => publish(ada)));
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([201, 201, 201, 429, 429, 429]);
    const refused = answers.find(({ status }) => status === 429)!;
    expect(refused).toMatchObject({ body: { code: 'rate.limited' } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await publish(bob)).status).toBe(201);
  });

  it('limit the rate of reactions per user, including withdrawals', async () => {
    const [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    const { id, createdAt, expiresAt } = await publishStory(system, bob);
    expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(120_000);
    const react = () =>
      system.ask(`POST /v1/stories/${id}/reactions`, { token: ada.token, body: { emoji: '🔥' } });
    const withdraw = () =>
      system.ask(`DELETE /v1/stories/${id}/reactions/${encodeURIComponent('🔥')}`, { token: ada.token });
    const statuses = [];
    for (const change of [react, withdraw, react, withdraw, react, withdraw])
      statuses.push((await change()).status);
    expect(statuses).toEqual([201, 204, 201, 204, 429, 429]);
  });
});
