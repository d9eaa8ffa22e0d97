import { enroll } from '@rookery/contexts/identity/testing';
import { readTale, requestTale, settled, storyMails, taleIs } from '@rookery/contexts/tales/testing';
import { eventually, type Person, privateSystem } from '@rookery/testing';
import { TestEventStream } from '@rookery/testing/connected';
import { LanguageModelServer, type ModelAnswer, type ModelRequest } from '@rookery/testing/language-model';

const STORY = `The Quiet Harbor\n\n${'The boats came home before dark, one after the other. '.repeat(20).trim()}`;
const KEY = 'sk-secret-of-the-suite';

describe('Generating a tale with a language model', () => {
  let model: LanguageModelServer;
  /** How the model answers the wish with that text, by the number of the attempt, from 1. */
  const scripts = new Map<string, (attempt: number) => ModelAnswer>();
  const asked = (wish: string) => model.requests.filter(({ message }) => message.includes(`"${wish}"`));
  let ada: Person;

  beforeAll(async () => {
    model = await LanguageModelServer.start();
    model.answer = (request: ModelRequest) => {
      const { wish } = JSON.parse(request.message) as { wish: string };
      return scripts.get(wish)?.(asked(wish).length) ?? { text: STORY };
    };
  });
  const system = privateSystem(() => ({
    LLM_PROVIDER: 'openai-compatible',
    LLM_BASE_URL: `${model.url}/v1`,
    LLM_API_KEY: KEY,
    LLM_MODEL: 'some-model',
    // The first story loads the SDK, which a busy machine takes seconds for.
    LLM_FIRST_TEXT_SECONDS: '15',
    LLM_IDLE_SECONDS: '5',
    LLM_TIMEOUT_SECONDS: '20',
    LLM_INPUT_PRICE: '2',
    LLM_OUTPUT_PRICE: '10',
    TALES_DAILY_TOKENS: '30000',
    TALES_DAILY_COST: '1',
  }));
  afterAll(() => model.stop());
  beforeEach(async () => {
    ada = await enroll(system);
  });

  const request = (wish: string, script?: (attempt: number) => ModelAnswer, own: object = {}) => {
    if (script) scripts.set(wish, script);
    return requestTale(system, ada, { prompt: wish, ...own });
  };
  const attempts = async (id: string) => {
    const [row] = await system.sql<{ attempts: number; state: string; reason: string | null }>(
      `SELECT attempts, state, last_error AS reason FROM messaging.event_delivery
       WHERE subject = $1 AND subscriber = 'tales.generate-tale'`,
      [id],
    );
    return row!;
  };
  const usage = async () => {
    const [row] = await system.sql<{ input: number; output: number; cost: number; generations: number }>(
      `SELECT input_tokens::int AS input, output_tokens::int AS output, cost_micros::int AS cost, generations
       FROM tales.usage WHERE user_id = $1`,
      [ada.id],
    );
    return row;
  };

  it('stores and mails the text, and records its cost', async () => {
    const before = await system.metric('rookery_tale_tokens_total{direction="output"}');
    const id = await request('happy', () => ({ text: STORY, usage: { input: 300, output: 500 } }));
    expect(await taleIs(system, ada, id, 'ready')).toMatchObject({
      title: 'The Quiet Harbor',
      content: STORY.split('\n\n')[1],
      words: 200,
      generator: 'openai-compatible/some-model',
    });
    await settled(system, id);
    expect(await storyMails(system, ada)).toMatchObject([
      { subject: 'Your story is ready: The Quiet Harbor' },
    ]);
    expect(await usage()).toEqual({ input: 300, output: 500, cost: 300 * 2 + 500 * 10, generations: 1 });
    expect(await system.metric('rookery_tale_tokens_total{direction="output"}')).toBe(before + 500);
  });

  it('shows the text while the model writes, and writes it to the database at most twice a second', async () => {
    const id = await request('slow', () => ({ text: STORY, pieceLength: 10, pauseMs: 25 }));
    const seen = new Set<string>();
    await eventually(async () => {
      const { status, content } = await readTale(system, ada, id);
      if (content) seen.add(content as string);
      return status === 'ready';
    });
    expect(seen.size).toBeGreaterThan(3);
    const frames = await system.sql<{ seconds: number }>(
      `SELECT extract(epoch FROM occurred_at - lag(occurred_at) OVER (ORDER BY seq))::float8 AS seconds
       FROM realtime.frames WHERE user_id = $1 AND type = 'tale.progress'`,
      [ada.id],
    );
    expect(frames.length).toBeGreaterThan(3);
    // The last piece comes with the end.
    for (const { seconds } of frames.slice(1, -1)) expect(seconds).toBeGreaterThan(0.49);
  });

  it.each(['overloaded', 'broken stream'])('tries again after %s, and mails once', async (what) => {
    const trouble: ModelAnswer =
      what === 'overloaded' ? { status: 503 } : { text: STORY.slice(0, 300), end: 'broken' };
    const id = await request(what, (attempt) => (attempt === 1 ? trouble : { text: STORY }));
    expect((await taleIs(system, ada, id, 'ready')).content).toBe(STORY.split('\n\n')[1]);
    await settled(system, id);
    expect(asked(what)).toHaveLength(2);
    expect((await attempts(id)).attempts).toBe(1);
    expect(await storyMails(system, ada)).toHaveLength(1);
  });

  it.each<[string, ModelAnswer]>([
    ['has no time', { status: 503 }],
    ['closes the connection', { end: 'broken' }],
    ['is silent', { end: 'never' }],
  ])('costs nothing if the model %s before it responds', async (wish, trouble) => {
    const answer = { text: STORY, usage: { input: 300, output: 500 } };
    const id = await request(wish, (attempt) => (attempt === 1 ? trouble : answer));
    await taleIs(system, ada, id, 'ready');
    expect(asked(wish)).toHaveLength(2);
    expect(await usage()).toMatchObject({ input: 300, output: 500, generations: 1 });
  });

  it('costs the input tokens if the model refuses or the tale is canceled', async () => {
    const filtered = await request('withheld', () => ({ end: 'filtered' }));
    expect((await taleIs(system, ada, filtered, 'failed')).failure.code).toBe('content-refused');
    await settled(system, filtered);
    const { input } = (await usage())!;
    expect(input).toBeGreaterThan(0);
    const silent = await request('called off', () => ({ end: 'never' }));
    await eventually(() => asked('called off').length === 1);
    await system.ask(`DELETE /v1/tales/${silent}`, { token: ada.token });
    await settled(system, silent);
    expect((await usage())!.input).toBeGreaterThan(input);
  });

  it('tries again after an answer that stops in the middle', async () => {
    const id = await request('stall', (attempt) =>
      attempt === 1 ? { text: STORY.slice(0, 300), end: 'never' } : { text: STORY },
    );
    await taleIs(system, ada, id, 'ready');
    expect((await attempts(id)).reason).toBe('It paused in the middle of its answer for 5 s.');
  });

  it('waits as long as Retry-After says, without counting an attempt', async () => {
    const at: number[] = [];
    const id = await request('limited', (attempt) => {
      at.push(performance.now());
      return attempt === 1 ? { status: 429, headers: { 'retry-after': '2' } } : { text: STORY };
    });
    await taleIs(system, ada, id, 'ready');
    expect(at).toHaveLength(2);
    expect(at[1]! - at[0]!).toBeGreaterThan(1_900);
    expect((await attempts(id)).attempts).toBe(0);
  });

  it('enforces the maximum length, whatever the model does', async () => {
    const endless = `Endless\n\n${'And then they walked on, and on, and on. '.repeat(2_000)}`;
    const id = await request('endless', () => ({ text: endless, pieceLength: 500 }));
    const tale = await taleIs(system, ada, id, 'ready');
    expect(tale.words).toBeLessThanOrEqual(350);
    expect(tale.content).toMatch(/on\.$/);
    expect((await usage())!.output).toBeGreaterThan(300);
  });

  it('fails at once when the model refuses, says so in our words, and can be tried again', async () => {
    const id = await request('refused', (attempt) => (attempt === 1 ? { status: 401 } : { text: STORY }));
    const { failure } = await taleIs(system, ada, id, 'failed');
    expect(failure).toEqual({
      code: 'provider-refused',
      message: 'The language model did not accept the request. The operators have been notified.',
    });
    await settled(system, id);
    expect(await attempts(id)).toMatchObject({ state: 'dead', attempts: 1, reason: 'It answered 401.' });
    expect((await system.ask(`POST /v1/tales/${id}/retry`, { token: ada.token })).status).toBe(202);
    await taleIs(system, ada, id, 'ready');
    await settled(system, id);
    expect(await storyMails(system, ada)).toHaveLength(1);
  });

  it('fails when the provider filters the answer', async () => {
    const id = await request('filtered', () => ({ text: 'Once', end: 'filtered' }));
    expect((await taleIs(system, ada, id, 'failed')).failure.code).toBe('content-refused');
  });

  it('does not let one failing tale delay others', async () => {
    const poison = await request('poison', () => ({ text: 'No.' }));
    const others = [await request('other 1'), await request('other 2')];
    for (const id of others) await taleIs(system, ada, id, 'ready');
    expect((await readTale(system, ada, poison)).status).not.toBe('ready');
    expect((await taleIs(system, ada, poison, 'failed')).failure.code).toBe('unusable-answer');
    expect(await attempts(poison)).toMatchObject({ state: 'dead', attempts: 4 });
    expect(asked('poison')).toHaveLength(4);
  });

  it('stops the model within a second when the tale is canceled', async () => {
    const id = await request('cancel', () => ({ text: STORY.repeat(6), pieceLength: 5, pauseMs: 25 }));
    await eventually(async () => (await readTale(system, ada, id)).content !== undefined);
    const { aborted } = model;
    await system.ask(`DELETE /v1/tales/${id}`, { token: ada.token });
    // It would speak for half a minute; the claim is looked at twice a second.
    await eventually(() => model.aborted > aborted, 10_000);
    await settled(system, id);
    expect((await readTale(system, ada, id)).status).toBe('cancelled');
    expect((await usage())!.output).toBeGreaterThan(0); // what was written has been paid for
  });

  it('stops a model that is silent, too, when the tale is canceled', async () => {
    const id = await request('silent', () => ({ end: 'never' }));
    await eventually(() => asked('silent').length === 1);
    const { aborted } = model;
    await system.ask(`DELETE /v1/tales/${id}`, { token: ada.token });
    await eventually(() => model.aborted > aborted);
    expect((await attempts(id)).reason).toBeNull();
  });

  it('refuses what the budget of the day cannot pay for, and says when the next one begins', async () => {
    await system.sql(
      `INSERT INTO tales.usage VALUES ($1, (now() AT TIME ZONE 'utc')::date, 1, 20000, 9000, 0)
       ON CONFLICT (user_id, day) DO UPDATE SET input_tokens = 29000`,
      [ada.id],
    );
    const answer = await system.ask('POST /v1/tales', {
      token: ada.token,
      body: { prompt: 'dear', length: 'short' },
    });
    expect(answer).toMatchObject({ status: 429, body: { code: 'tales.budget-exhausted' } });
    const midnight = new Date(new Date().toISOString().slice(0, 10)).getTime() + 86_400_000;
    expect(Math.abs(Number(answer.headers['retry-after']) - (midnight - Date.now()) / 1_000)).toBeLessThan(
      60,
    );
    await enroll(system).then((bob) => requestTale(system, bob, { prompt: 'dear' }));
  });

  it('refuses what would cost more than a day may, and says when the next one begins', async () => {
    const spend = (micros: number) =>
      system.sql(
        `INSERT INTO tales.usage VALUES ($1, (now() AT TIME ZONE 'utc')::date, 1, 10, 10, $2)
         ON CONFLICT (user_id, day) DO UPDATE SET cost_micros = $2`,
        [ada.id, micros],
      );
    const ask = () =>
      system.ask('POST /v1/tales', { token: ada.token, body: { prompt: 'costly', length: 'short' } });
    await spend(999_000);
    const refused = await ask();
    expect(refused).toMatchObject({ status: 429, body: { code: 'tales.budget-exhausted' } });
    const midnight = new Date(new Date().toISOString().slice(0, 10)).getTime() + 86_400_000;
    expect(Math.abs(Number(refused.headers['retry-after']) - (midnight - Date.now()) / 1_000)).toBeLessThan(
      60,
    );
    expect(asked('costly')).toHaveLength(0);
    await spend(900_000);
    const { status, body } = await ask();
    expect(status).toBe(202);
    await taleIs(system, ada, body.id, 'ready');
    // 100 tokens for 2, 200 for 10 a million.
    expect((await usage())!.cost).toBe(900_000 + 100 * 2 + 200 * 10);
  });

  it('tells connected clients, and whoever follows it, why a tale is not written', async () => {
    const id = await request('refused', () => ({ status: 403 }));
    const payload = {
      taleId: id,
      status: 'failed',
      failure: { code: 'provider-refused', message: expect.any(String) },
    };
    const stream = TestEventStream.open(
      system.addresses.apiUrl,
      { token: ada.token },
      `/v1/tales/${id}/stream`,
    );
    await eventually(() => stream.isClosed);
    expect(stream.frames).toMatchObject([{ type: 'tale.failed', payload }]);
    const frames = () =>
      system.sql(`SELECT type, payload FROM realtime.frames WHERE user_id = $1 AND type LIKE 'tale.%'`, [
        ada.id,
      ]);
    await eventually(async () => expect(await frames()).toEqual([{ type: 'tale.failed', payload }]));
    await eventually(async () => {
      const inbox = await system.ask('GET /v1/notifications', { token: ada.token });
      expect(inbox.body.data).toMatchObject([{ kind: 'taleFailed', target: { type: 'tale', id } }]);
    });
  });

  it('reports the paused provider in the health of the worker, which remains ready', async () => {
    const health = async (path: string) => {
      const response = await fetch(`${system.addresses.workerUrl}${path}`);
      return { status: response.status, body: (await response.json()) as { dependencies?: object } };
    };
    const isUp = { status: 200, body: { dependencies: { 'language-model': { status: 'up' } } } };
    await eventually(async () => expect(await health('/healthz')).toMatchObject(isUp));
    const id = await request('tired', (attempt) =>
      attempt === 1 ? { status: 503, headers: { 'retry-after': '8' } } : { text: STORY },
    );
    await eventually(async () =>
      expect(await health('/healthz')).toMatchObject({
        status: 200,
        body: { status: 'degraded', dependencies: { 'language-model': { status: 'degraded' } } },
      }),
    );
    expect((await health('/readyz')).status).toBe(200);
    await taleIs(system, ada, id, 'ready');
    await eventually(async () => expect(await health('/healthz')).toMatchObject(isUp));
  });

  it('reserves the maximum cost of unfinished tales, so that concurrent ones do not exceed the budget', async () => {
    await system.sql(
      `INSERT INTO tales.usage VALUES ($1, (now() AT TIME ZONE 'utc')::date, 1, 22000, 0, 0)`,
      [ada.id],
    );
    const silent = await request('set aside', () => ({ end: 'never' }), { length: 'long' });
    const answer = await system.ask('POST /v1/tales', {
      token: ada.token,
      body: { prompt: 'second', length: 'long' },
    });
    expect(answer).toMatchObject({ status: 429, body: { code: 'tales.budget-exhausted' } });
    await system.ask(`DELETE /v1/tales/${silent}`, { token: ada.token });
  });

  it('ends a tale whose attempts have used up the budget', async () => {
    const spend = () =>
      system.sql(
        `INSERT INTO tales.usage VALUES ($1, (now() AT TIME ZONE 'utc')::date, 1, 30000, 0, 0)
         ON CONFLICT (user_id, day) DO UPDATE SET input_tokens = 30000`,
        [ada.id],
      );
    const id = await request('paid out', () => ({ status: 503 }));
    await eventually(async () => (await attempts(id)).attempts > 0);
    await spend();
    expect((await taleIs(system, ada, id, 'failed')).failure.code).toBe('budget-exhausted');
  });

  it('logs no key and no text of users', async () => {
    const log = system.logged.join('\n');
    expect(log).not.toContain(KEY);
    expect(log).not.toContain('The boats came home');
  });
});
