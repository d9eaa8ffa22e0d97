import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { ownTale, readTale, requestTale, taleIs } from '@rookery/contexts/tales/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';

describe('Reading tales', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;

  beforeAll(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
  });

  it('shows the text while it grows', async () => {
    const id = await requestTale(system, ada, { length: 'medium' });
    const growing = await eventually(async () => {
      const tale = await readTale(system, ada, id);
      return tale.status === 'generating' && tale.content !== undefined && tale;
    });
    expect(growing).toMatchObject({ title: expect.any(String), generator: 'embedded', finishedAt: null });
    const ready = await taleIs(system, ada, id, 'ready');
    expect(ready.title).toBe(growing.title);
    expect(ready.content.startsWith(growing.content)).toBe(true);
    expect(ready.content.length).toBeGreaterThan(growing.content.length);
    expect(await system.sql('SELECT 1 FROM tales.drafts WHERE tale_id = $1', [id])).toEqual([]);
  });

  it('shows why one has failed, in our words', async () => {
    const { path } = await ownTale({ system, people: { owner: ada } } as Parameters<typeof ownTale>[0]);
    expect(await readTale(system, ada, path!.id!)).toMatchObject({
      status: 'failed',
      failure: { code: 'internal', message: expect.stringContaining('on our side') },
    });
  });

  it('does not exist for others', async () => {
    const { path } = await ownTale({ system, people: { owner: ada } } as Parameters<typeof ownTale>[0]);
    for (const id of [path!.id!, newId(), 'nothing']) {
      const answer = await system.ask(`GET /v1/tales/${id}`, { token: bob.token });
      expect(answer).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
    }
  });

  it('lists their own, newest first, without texts, and skips none', async () => {
    const eve = await enroll(system);
    const insert = (count: number) =>
      system.sql(
        `INSERT INTO tales.tales (id, version, user_id, status, run, interests, tone, length, language, content,
                                  created_at, requested_at)
         SELECT gen_random_uuid(), 1, $1, 'ready', 1, '{cats}', 'calm', 'short', 'en', 'text',
                timestamptz '2026-01-01' + nr / 3 * interval '1 ms', now() FROM generate_series(1, $2) nr`,
        [eve.id, count],
      );
    await insert(11);
    const { body } = await system.ask('GET /v1/tales?limit=3', { token: eve.token });
    expect(body.data).toHaveLength(3);
    for (const tale of body.data) expect(tale).not.toHaveProperty('content');
    const expected = await system.sql<{ id: string }>(
      'SELECT id FROM tales.tales WHERE user_id = $1 ORDER BY created_at DESC, id DESC',
      [eve.id],
    );
    const walked: string[] = [];
    for (let cursor = ''; ;) {
      const page = await system.ask(`GET /v1/tales?limit=4${cursor && `&cursor=${cursor}`}`, {
        token: eve.token,
      });
      walked.push(...(page.body.data as { id: string }[]).map(({ id }) => id));
      cursor = page.body.page.nextCursor ?? '';
      if (cursor === '') break;
    }
    expect(walked).toEqual(expected.map(({ id }) => id));
  });
});
