import { enroll } from '@rookery/contexts/identity/testing';
import { type Person, race, sharedSystem } from '@rookery/testing';

const TASTE = { interests: ['space', 'cats'], tone: 'funny', length: 'short', language: 'de-AT' };

describe('setting preferences', () => {
  const system = sharedSystem();
  let person: Person;

  beforeEach(async () => {
    person = await enroll(system);
  });

  const read = async () => (await system.ask('GET /v1/me/preferences', { token: person.token })).body;
  const say = (own: object) =>
    system.ask('PUT /v1/me/preferences', { token: person.token, body: { ...TASTE, ...own } });
  const events = () =>
    system.sql<{ sequence: number; data: object }>(
      `SELECT sequence, data FROM messaging.outbox
       WHERE type = 'identity.preferences-changed' AND data ->> 'userId' = $1 ORDER BY sequence`,
      [person.id],
    );

  it('starts with defaults and no interests', async () => {
    expect(await read()).toEqual({
      interests: [],
      tone: 'calm',
      length: 'medium',
      language: 'en',
      timeZone: 'UTC',
      updatedAt: null,
    });
  });

  it('stores the preferences, and replaces all of them the next time', async () => {
    const said = await say({ interests: [' space ', 'Cats'], language: 'DE-at' });
    expect(said).toMatchObject({ status: 200, body: { ...TASTE, interests: ['space', 'Cats'] } });
    expect(await read()).toEqual(said.body);
    await say({ interests: [] });
    expect(await read()).toMatchObject({ ...TASTE, interests: [] });
    expect(await events()).toMatchObject([{ sequence: 1 }, { sequence: 2, data: { userId: person.id } }]);
  });

  it('keeps the time zone if none is given', async () => {
    await say({ timeZone: 'Pacific/Auckland' });
    expect((await say({ interests: [] })).body).toMatchObject({
      timeZone: 'Pacific/Auckland',
      interests: [],
    });
    expect(await events()).toMatchObject([{}, { data: { timeZone: 'Pacific/Auckland' } }]);
    expect((await read()).timeZone).toBe('Pacific/Auckland');
  });

  it('raises no event for unchanged preferences', async () => {
    const [first, second] = [await say({}), await say({})];
    expect(second.body).toEqual(first.body);
    expect(await events()).toHaveLength(1);
  });

  it.each<[string, object]>([
    ['more than five interests', { interests: ['a', 'b', 'c', 'd', 'e', 'f'] }],
    ['an interest of 21 characters', { interests: ['x'.repeat(21)] }],
    ['an interest of spaces', { interests: ['   '] }],
    ['an interest that is no text', { interests: [7] }],
    ['an unknown tone', { tone: 'shrill' }],
    ['an unknown length', { length: 'endless' }],
    ['a language of one letter', { language: 'e' }],
    ['an unknown field', { mood: 'good' }],
    ['a field that is missing', { tone: undefined }],
  ])('refuses %s as a malformed request', async (_, own) => {
    expect(await say(own)).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
    expect((await read()).updatedAt).toBeNull();
  });

  it.each<[string, string, object]>([
    ['an interest twice', 'identity.interests-repeated', { interests: ['cats', 'cats'] }],
    ['an interest twice in other capitals', 'identity.interests-repeated', { interests: ['cats', ' CATS'] }],
    ['a language nobody speaks', 'identity.language-unknown', { language: 'xx' }],
    ['a time zone that does not exist', 'identity.time-zone-unknown', { timeZone: 'Europe/Atlantis' }],
    ['a language that is no tag', 'identity.language-unknown', { language: 'en_US!' }],
  ])('refuses %s as a rule', async (_, code, own) => {
    expect(await say(own)).toMatchObject({ status: 422, body: { code } });
    expect((await read()).updatedAt).toBeNull();
  });

  it('accepts five interests of twenty characters', async () => {
    const interests = ['👩‍🚀', 'b', 'c', 'd'].concat('x'.repeat(20));
    expect(await say({ interests })).toMatchObject({ status: 200, body: { interests } });
  });

  it('serializes concurrent updates, including the first ones', async () => {
    const answers = await race(
      system,
      Array.from({ length: 6 }, (_, index) => () => say({ interests: [`i${index}`] })),
      { inOrder: false },
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await events()).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
