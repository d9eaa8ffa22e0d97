import { contexts } from '@rookery/contexts';
import { enrol, type Person, TestSystem } from '@rookery/testing';

describe('Reading the feed', () => {
  let system: TestSystem;
  let ada: Person;

  beforeAll(async () => {
    system = await TestSystem.start(contexts);
    ada = await enrol(system);
  });
  afterAll(() => system.stop());

  it('shows own posts at once', async () => {
    for (const title of ['Swifts', 'Swallows'])
      await system.ask('POST /v1/posts', {
        token: ada.token,
        body: { title, content: 'Seen.', tags: ['birds'] },
      });
    for (const query of [
      '',
      'tags=birds',
      'search=seen',
      'tags=birds,fish&search=seen&since=2026-01-01 00:00:00&until=2036-01-01T00:00:00Z',
      'search=-fish',
    ]) {
      const { status, body } = await system.ask(`GET /v1/feed?limit=1&${encodeURI(query)}`, {
        token: ada.token,
      });
      expect({ status, titles: body.data.map(({ title }: any) => title) }).toEqual({
        status: 200,
        titles: ['Swallows'],
      });
      const next = await system.ask(
        `GET /v1/feed?limit=1&${encodeURI(query)}&cursor=${body.page.nextCursor}`,
        { token: ada.token },
      );
      expect(next.body).toMatchObject({ data: [{ title: 'Swifts' }], page: { nextCursor: null } });
    }
  });
});
