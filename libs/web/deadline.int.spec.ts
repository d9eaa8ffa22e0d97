import { contexts } from '@rookery/contexts';
import { newId } from '@rookery/domain';
import { WaitBudget, withWorkContext, workContext } from '@rookery/observability';
import { Sql } from '@rookery/persistence';
import { enroll } from '@rookery/contexts/identity/testing';
import { eventually, type Person } from '@rookery/testing';
import { SilentProxy } from '@rookery/testing/proxy';
import { ownSystem } from '@rookery/testing/own-system';

describe('When PostgreSQL hangs', () => {
  let proxy: SilentProxy;
  let ada: Person;
  const system = ownSystem(
    contexts,
    {},
    {
      async database(url) {
        const before = await SilentProxy.before(url);
        proxy = before.proxy;
        return before.url;
      },
    },
  );

  beforeAll(async () => {
    ada = await enroll(system);
  });
  afterEach(() => proxy.resume());
  afterAll(() => proxy.stop());

  const post = (content: string, key?: string) =>
    system.ask('POST /v1/posts', {
      token: ada.token,
      body: { title: 'Standing still', content },
      headers: key ? { 'idempotency-key': key } : {},
    });
  const stored = (content: string) => system.sql('SELECT 1 FROM social.posts WHERE content = $1', [content]);
  const UNAVAILABLE = { status: 503, body: { code: 'dependency.unavailable' } };

  it('requests fail within 5 s and before the statement timeout, the process stays alive, and it recovers by itself', async () => {
    await post('before');
    const connected = Array.from({ length: 5 }, () => system.inApi(Sql).row('SELECT pg_sleep(0.05)'));
    await Promise.all(connected);
    proxy.hang();
    const finished: string[] = [];
    // The timeout of a statement on a pool connection, outside of a request.
    const statement = system.inApi(Sql).row('SELECT 1');
    const onDiscarded = statement.catch(() => finished.push('statement'));
    // Has its connection before the requests, and ends after the 5 s of their contract, but not much later.
    const onSpent = withWorkContext({ ...workContext(), waitBudget: new WaitBudget(6_000) }, () =>
      system.inApi(Sql).row('SELECT 1'),
    ).catch(() => finished.push('6 s'));
    const first = post('during');
    void first.then(() => finished.push('first')).catch(() => undefined);
    const requests = [
      first,
      post('during, with a key', 'hanging'),
      system.ask('GET /v1/posts', { token: ada.token }),
      system.ask('GET /v1/me', { token: ada.token }),
      system.ask('POST /v1/auth/login', { body: { email: ada.email, password: 'whatever it is' } }),
      ...Array.from({ length: 20 }, (_, each) => post(`crowd ${each}`)),
    ];
    // Noted when they end: the probes in between take their time.
    for (const request of requests) void request.then(() => finished.push('request')).catch(() => undefined);
    for (const request of requests) {
      const answer = await request;
      expect(answer).toMatchObject(UNAVAILABLE);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      expect((await system.ask('GET /livez')).status).toBe(200);
    }
    await Promise.all([onSpent, onDiscarded]);
    expect(finished.filter((each) => ['first', '6 s'].includes(each))).toEqual(['first', '6 s']);
    expect(finished.filter((each) => ['request', 'statement'].includes(each)).indexOf('statement')).toBe(
      requests.length,
    );
    for (const app of [system.api, system.worker]) {
      await eventually(async () => (await app.inject({ url: '/readyz' })).statusCode === 503);
      expect((await app.inject({ url: '/livez' })).statusCode).toBe(200);
    }

    proxy.resume();
    await eventually(async () => (await post('after')).status === 201);
    for (const app of [system.api, system.worker]) {
      await eventually(async () => (await app.inject({ url: '/readyz' })).statusCode === 200);
    }
    expect(await stored('during')).toEqual([]);
    await eventually(async () => {
      const [row] = await system.sql<{ waiting: number }>(
        'SELECT count(*)::int AS waiting FROM messaging.outbox WHERE published_at IS NULL',
      );
      return row!.waiting === 0;
    });
  }, 300_000);

  it('and has committed though the answer was lost, the same key gets the result, and it is done once', async () => {
    // On a busy machine a request can also run out of time before its commit.
    const { key, content, answer } = await eventually(async () => {
      const request = { key: newId(), content: newId() };
      const { isLost } = proxy.loseCommitAfter(request.content);
      const unanswered = await post(request.content, request.key);
      return isLost() && { ...request, answer: unanswered };
    });
    expect(answer).toMatchObject(UNAVAILABLE);
    await eventually(async () => (await stored(content)).length === 1);
    // The record under the key was committed with the effect; a retry may have to wait for the lease of the first
    // request.
    await system.sql('UPDATE platform.idempotency_keys SET leased_until = now() WHERE key = $1', [key]);
    const again = await post(content, key);
    expect(again).toMatchObject({ status: 201, body: { content } });
    expect((await post(content, key)).headers['idempotency-replayed']).toBe('true');
    expect(await stored(content)).toHaveLength(1);
  });
});
