import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { readTale, requestTale, settled, storyMails, taleIs } from '@rookery/contexts/tales/testing';
import { type Person, race, sharedSystem } from '@rookery/testing';

describe('Requesting a tale', () => {
  const system = sharedSystem();
  let ada: Person;

  beforeEach(async () => {
    ada = await enroll(system, { name: 'Ada' });
  });

  const request = (body: object, who = ada) => system.ask('POST /v1/tales', { token: who.token, body });
  const prefer = (interests: string[], own: object = {}) =>
    system.ask('PUT /v1/me/preferences', {
      token: ada.token,
      body: { interests, tone: 'funny', length: 'short', language: 'de', ...own },
    });
  const stored = () => system.sql('SELECT 1 FROM tales.tales WHERE user_id = $1', [ada.id]);

  it('is accepted at once, and the tale is written, stored and mailed', async () => {
    const { status, headers, body } = await request({
      interests: ['chess'],
      length: 'short',
      tone: 'mysterious',
    });
    expect({ status, body }).toEqual({ status: 202, body: { id: expect.any(String), status: 'requested' } });
    expect(headers.location).toBe(`/v1/tales/${body.id}`);
    const tale = await taleIs(system, ada, body.id, 'ready');
    expect(tale).toEqual({
      id: body.id,
      status: 'ready',
      generator: 'embedded',
      title: expect.stringMatching(/\w/),
      content: expect.stringContaining('chess'),
      words: expect.any(Number),
      interests: ['chess'],
      tone: 'mysterious',
      length: 'short',
      language: 'en',
      createdAt: expect.any(String),
      finishedAt: expect.any(String),
    });
    expect(tale.words).toBeGreaterThanOrEqual(150);
    expect(tale.words).toBeLessThanOrEqual(350);
    const mail = await system.inbox.latest(ada.email, /^Your story is ready/);
    expect(mail.subject).toBe(`Your story is ready: ${tale.title}`);
    const [paragraph] = (tale.content as string).split('\n\n');
    expect(mail.text).toContain(paragraph);
    expect(mail.html.match(/<p>/g)!.length).toBeGreaterThan((tale.content as string).split('\n\n').length);
  });

  it('keeps the latest thousand', async () => {
    await system.sql(
      `INSERT INTO tales.tales (id, version, user_id, status, run, interests, tone, length, language, created_at, requested_at)
       SELECT gen_random_uuid(), 1, $1, CASE nr WHEN 1 THEN 'requested' ELSE 'ready' END, 1, '{}', 'funny', 'short', 'en',
              timestamptz '2020-01-01' + nr * interval '1 minute', now()
       FROM generate_series(1, 1002) nr`,
      [ada.id],
    );
    const { body } = await request({ interests: ['chess'], length: 'short', tone: 'funny' });
    const left = await system.sql<{ id: string; status: string }>(
      'SELECT id, status FROM tales.tales WHERE user_id = $1 ORDER BY created_at',
      [ada.id],
    );
    // The oldest is not finished, so it stays beside them.
    expect(left).toHaveLength(1_001);
    expect(left[0]).toMatchObject({ status: 'requested' });
    expect(left.at(-1)!.id).toBe(body.id);
  });

  it('uses the preferences for omitted fields', async () => {
    await prefer(['Katzen']);
    const id = await requestTale(system, ada, { interests: undefined, length: undefined });
    const tale = await taleIs(system, ada, id, 'ready');
    expect(tale).toMatchObject({ interests: ['Katzen'], tone: 'funny', length: 'short', language: 'de' });
    expect(tale.content).toContain('„Katzen“');
    await system.inbox.latest(ada.email, /^Ihre Geschichte ist fertig/);
  });

  it('lets the request override the preferences', async () => {
    await prefer(['cats']);
    const wish = {
      prompt: ' A lighthouse ',
      interests: [],
      tone: 'dark',
      length: 'short',
      language: 'EN-gb',
    };
    const id = await requestTale(system, ada, wish);
    const tale = await readTale(system, ada, id);
    expect(tale).toMatchObject({ prompt: 'A lighthouse', interests: [], tone: 'dark', language: 'en-GB' });
  });

  it('returns the language of the text if the embedded writer does not support the requested one', async () => {
    const id = await requestTale(system, ada, { language: 'fr' });
    expect(await taleIs(system, ada, id, 'ready')).toMatchObject({ language: 'en', generator: 'embedded' });
  });

  it('stores no characters that cannot be seen', async () => {
    const id = await requestTale(system, ada, { prompt: 'A\u202e dragon\u200b', interests: ['ca\u2066ts'] });
    expect(await readTale(system, ada, id)).toMatchObject({ prompt: 'A dragon', interests: ['cats'] });
  });

  it('is rejected without a prompt and interests', async () => {
    for (const body of [{}, { interests: [] }, { prompt: '\u202e\u200b', interests: ['\u200b'] }]) {
      const answer = await request(body);
      expect(answer).toMatchObject({
        status: 422,
        body: {
          code: 'tales.no-preferences',
          detail: expect.stringContaining('Send prompt or interests'),
          errors: [{ path: 'interests', code: 'required' }],
        },
      });
    }
    expect(await stored()).toEqual([]);
  });

  it.each<[string, object]>([
    ['a wish of 501 characters', { prompt: 'x'.repeat(501) }],
    ['six interests', { interests: ['a', 'b', 'c', 'd', 'e', 'f'] }],
    ['an interest of 21 characters', { interests: ['x'.repeat(21)] }],
    ['an interest of spaces', { interests: ['  '] }],
    ['an interest twice', { interests: ['cats', 'cats'] }],
    ['an unknown tone', { tone: 'shrill' }],
    ['an unknown length', { length: 'endless' }],
    ['an unknown field', { model: 'gpt' }],
  ])('is refused with %s', async (_, body) => {
    expect(await request({ interests: ['cats'], ...body })).toMatchObject({
      status: 400,
      body: { code: 'request.invalid' },
    });
    expect(await stored()).toEqual([]);
  });

  it('is rejected in an unknown language', async () => {
    expect(await request({ interests: ['cats'], language: 'xx' })).toMatchObject({
      status: 422,
      body: { code: 'tales.language-unknown' },
    });
  });

  it('is refused while three are not finished, also of those that come at once', async () => {
    const answers = await race(
      system,
      Array.from({ length: 6 }, () => () => request({ interests: ['cats'], length: 'long' })),
      { inOrder: false },
    );
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([202, 202, 202, 409, 409, 409]);
    expect(answers.find(({ status }) => status === 409)!.body.code).toBe('tales.too-many-active');
    const [{ body }] = answers.filter(({ status }) => status === 202) as [(typeof answers)[number]];
    await system.ask(`DELETE /v1/tales/${body.id}`, { token: ada.token });
    expect((await request({ interests: ['cats'], length: 'short' })).status).toBe(202);
    expect((await request({ interests: ['cats'] }, await enroll(system))).status).toBe(202);
  });

  it('has one effect under an idempotency key', async () => {
    const ask = () =>
      system.ask('POST /v1/tales', {
        token: ada.token,
        body: { interests: ['cats'], length: 'short' },
        headers: { 'idempotency-key': newId() },
      });
    const key = newId();
    const same = () =>
      system.ask('POST /v1/tales', {
        token: ada.token,
        body: { interests: ['cats'], length: 'short' },
        headers: { 'idempotency-key': key },
      });
    const [first, second] = [await same(), await same()];
    expect(second.body).toEqual(first.body);
    expect((await ask()).body.id).not.toBe(first.body.id);
    expect(await stored()).toHaveLength(2);
  });

  it('mails a tale once', async () => {
    const ids = [await requestTale(system, ada), await requestTale(system, ada)];
    for (const id of ids) await taleIs(system, ada, id, 'ready');
    for (const id of ids) await settled(system, id);
    expect(await storyMails(system, ada)).toHaveLength(2);
  });
});
