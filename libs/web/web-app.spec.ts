import { definedRules } from '@rookery/domain';
import { eventually, resolveParts } from '@rookery/testing';
import { Controller, Get } from '@nestjs/common';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { Agent, get as httpGet, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { Drain } from './drain';
import { Explain } from './explain';
import type { Problem } from './problem';
import { authenticated, drafts, failure, ID, sampleApp, type SampleApp } from './testing/sample-app';

let sample: SampleApp;

beforeAll(async () => {
  sample = await sampleApp({ CORS_ORIGINS: 'https://app.example', REQUEST_TIMEOUT_MS: '1000' });
});
afterAll(() => sample.app.close());

const ask = (options: InjectOptions | string) => sample.app.inject(options as InjectOptions);

const build = (payload: unknown, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
  ask({ method: 'POST', url: '/v1/nests', payload: payload as string, headers });

async function problemOf(answer: PromiseLike<LightMyRequestResponse>): Promise<Problem> {
  const { headers, statusCode, json } = await answer;
  expect(headers['content-type']).toBe('application/problem+json');
  const problem = json<Problem>();
  expect(problem).toMatchObject({ type: `/problems/${problem.code}`, status: statusCode });
  expect(problem.traceId).toMatch(/^[0-9a-f]{32}$/);
  return problem;
}

const violation = async (answer: PromiseLike<LightMyRequestResponse>) => {
  const problem = await problemOf(answer);
  expect(problem.code).toBe('request.invalid');
  return problem.errors!.map(({ path, code }) => `${path}: ${code}`);
};

describe('A body', () => {
  it('is converted to its class', async () => {
    const { statusCode, json } = await build({
      title: ' Oak ',
      contact: ' A@B.example',
      built: null,
      tags: ['a'],
    });
    expect(statusCode).toBe(201);
    expect(json()).toEqual({ title: 'Oak', contact: 'a@b.example', built: null, tags: ['a'] });
  });

  it('is refused with every field and rule named, in sentences', async () => {
    const problem = await problemOf(
      build({ title: 'x'.repeat(11), tags: ['a', 'b', 'c', 'd'], built: '2026-02-30' }),
    );
    expect(problem).toMatchObject({ status: 400, instance: '/v1/nests', detail: '3 fields violate a rule.' });
    expect(problem.errors!.map(({ message }) => message)).toEqual([
      'title must be 1 to 10 characters long.',
      'tags must have at most 3 items.',
      'built must be a date such as 2026-11-21.',
    ]);
    expect(problem.errors!.map(({ path, code, params }) => [path, code, params])).toEqual([
      ['title', 'length', { min: 1, max: 10, unit: 'characters' }],
      ['tags', 'length', { min: 0, max: 3, unit: 'items' }],
      ['built', 'format', { format: 'date' }],
    ]);
  });

  it('is refused with the path of what is wrong at any depth', async () => {
    const eggs = [{ name: 'a' }, { name: 'b', weight: 'c' }, 'foo', null, []];
    expect(
      await violation(build({ title: 'x', eggs: eggs.slice(0, 4), tags: ['ok', 'toolong', 3], best: [] })),
    ).toEqual([
      'tags.1: length',
      'tags.2: type',
      'eggs.2: type',
      'eggs.3: type',
      'eggs.1.weight: type',
      'best: type',
    ]);
    expect(await violation(build({ title: 'x', eggs }))).toEqual(
      expect.arrayContaining(['eggs: length', 'eggs.1.weight: type']),
    );
    expect(await violation(build({ title: 'x', eggs: [[{ name: 'a' }]] }))).toContain('eggs.0: type');
  });

  it('is not converted: a number is no text and a text no number', async () => {
    expect(await violation(build({ title: 7, best: { name: 'a', weight: '3' } }))).toEqual([
      'title: type',
      'best.weight: type',
    ]);
    expect(await violation(build({ title: 'x', tags: 'a,b' }))).toEqual(['tags: type']);
  });

  it('can omit optional fields, but null is rejected', async () => {
    expect(await violation(build({ contact: null }))).toEqual(['title: required', 'contact: type']);
  });

  it.each([
    ['{"title":"x","extra":1}', 'extra: unknown'],
    ['{"title":"x","eggs":[{"name":"a","extra":1}]}', 'eggs.0.extra: unknown'],
    ['{"title":"x","constructor":1}', 'constructor: unknown'],
    ['{"title":"x","__proto__":{"admin":true}}', '__proto__: unknown'],
    ['{"title":"x","best":{"name":"a","constructor":{"prototype":{}}}}', 'best.constructor: unknown'],
    ['{"title":"x","eggs":[{"name":"a","toString":1}]}', 'eggs.0.toString: unknown'],
    ['{"title":"x","\\u005f_proto__":{}}', '__proto__: unknown'],
  ])('with unknown names is refused: %s', async (text, error) =>
    expect(await violation(build(text))).toEqual([error]),
  );

  it('with inherited names is refused even where no class describes it', async () => {
    const headers = { 'content-type': 'application/json' };
    const answer = ask({
      method: 'POST',
      url: '/v1/work/context',
      payload: '{"a":{"__proto__":1}}',
      headers,
    });
    expect(await violation(answer)).toEqual(['a.__proto__: unknown']);
  });

  it.each(['{', '', '{"a":1}x', "{'title':1}", 'undefined', '['.repeat(33) + ']'.repeat(33)])(
    'that is no JSON, or too deep, is refused: %s',
    async (text) => expect((await problemOf(build(text))).code).toBe('request.malformed-json'),
  );

  it('may be 32 levels deep', async () => {
    const { statusCode } = await ask({
      method: 'POST',
      url: '/v1/work/context',
      payload: '['.repeat(32) + ']'.repeat(32),
      headers: { 'content-type': 'application/json' },
    });
    expect(statusCode).toBe(200);
  });

  const members = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, n]));

  it('of a thousand unknown members is refused with the first hundred errors, before any class sees it', async () => {
    const before = drafts.count;
    await build({ title: 'x', eggs: {} });
    expect(drafts.count).toBe(before + 1);
    const problem = await problemOf(build(members(1_000)));
    expect([problem.code, problem.errors!.length]).toEqual(['request.invalid', 100]);
    expect(problem.errors![99]).toMatchObject({ path: 'k99', code: 'unknown' });
    expect(drafts.count).toBe(before + 1);
  });

  it('with a list that is much too long is refused before any class sees it', async () => {
    const before = drafts.count;
    const eggs = Array.from({ length: 900 }, () => ({}));
    expect(await violation(build({ title: 'x', eggs }))).toEqual(['eggs: length']);
    expect(drafts.count).toBe(before);
  });

  it.each<[string, unknown]>([
    ['members', members(1_001)],
    ['items', { title: 'x', tags: Array.from({ length: 1_000 }, () => 'a') }],
    ['empty lists', { title: 'x', tags: Array.from({ length: 1_000 }, () => []) }],
    ['members of members', { a: members(500), b: [members(498)] }],
  ])('of more than a thousand %s is refused before it is parsed', async (_, body) => {
    const parse = jest.spyOn(JSON, 'parse');
    const { statusCode, body: answer } = await build(body);
    const parsed = parse.mock.calls.filter(([text]) => text === JSON.stringify(body)).length;
    parse.mockRestore();
    expect([statusCode, (JSON.parse(answer) as Problem).code, parsed]).toEqual([
      400,
      'request.too-many-members',
      0,
    ]);
  });

  it('of a thousand members in total is accepted, whatever its texts contain', async () => {
    const body = { title: '",{[\\"', a: [{}, [], [members(4)]], b: members(989) };
    const problem = await problemOf(build(JSON.stringify(body, null, 3)));
    expect(problem).toMatchObject({ code: 'request.invalid', errors: [{ path: 'a' }, { path: 'b' }] });
    expect(await problemOf(build({ ...body, c: 1 }))).toMatchObject({ code: 'request.too-many-members' });
  });

  it('may have more members where the route says so', async () => {
    const send = (count: number) => ask({ method: 'POST', url: '/v1/work/context', payload: members(count) });
    expect((await send(1_200)).statusCode).toBe(200);
    expect(await problemOf(send(1_201))).toMatchObject({ code: 'request.too-many-members' });
  });

  it('is rejected with a response that is not larger than the body', async () => {
    const { body } = await build({ ['x'.repeat(50_000)]: 1, title: 'x', best: { ['y'.repeat(40_000)]: 1 } });
    expect(body.length).toBeLessThan(2_000);
  });

  it.each([
    ['{"title":"a\\u0000b"}', 'title: characters'],
    ['{"title":"x","contact":"\\ud800@b.example"}', 'contact: characters'],
    ['{"title":"x","eggs":[{"name":"\\udfff"}]}', 'eggs.0.name: characters'],
    ['"\\ud800"', ': characters'],
  ])('with a text that cannot be stored is refused: %s', async (text, error) =>
    expect(await violation(build(text))).toEqual([error]),
  );

  it.each(['[]', '"x"', '7', '[{"title":"x"}]'])('that is not an object is rejected: %s', async (text) =>
    expect(await violation(build(text))).toEqual([': type']),
  );

  it('is required', async () => {
    expect(await violation(build(undefined, {}))).toEqual(['title: required']);
    expect(await violation(build('null'))).toEqual(['title: required']);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'nonsense'])(
    'of type %s is refused',
    async (type) =>
      expect(await problemOf(build('x', { 'content-type': type }))).toMatchObject({ status: 415 }),
  );

  describe('that is not UTF-8', () => {
    const send = (path: string, type: string, payload: Buffer | Readable, headers = {}) =>
      problemOf(
        ask({ method: 'POST', url: `/v1/${path}`, payload, headers: { 'content-type': type, ...headers } }),
      );
    const latin1 = Buffer.from('{"title":"Zoë"}', 'latin1');
    const malformed = { status: 400, code: 'request.malformed-json', detail: 'The body is not UTF-8.' };
    const invalid = {
      status: 400,
      code: 'request.invalid',
      detail: expect.stringMatching(/not UTF-8.*UTF-8/),
    };

    it.each<[string, Buffer]>([
      ['Latin-1', latin1],
      ['an encoded surrogate', Buffer.from('{"title":"\xed\xa0\x80"}', 'latin1')],
      ['an overlong form', Buffer.from('{"title":"\xc0\xaf"}', 'latin1')],
      ['a truncated character', Buffer.from('{"title":"é', 'utf8').subarray(0, -1)],
    ])('is refused as JSON: %s', async (_, bytes) =>
      expect(await send('nests', 'application/json', bytes)).toMatchObject(malformed),
    );

    it.each([
      ['work/text', 'application/json', {}],
      ['work/text', 'text/plain', {}],
      ['work/file', 'text/csv', {}],
      ['work/file', 'text/csv', { 'idempotency-key': 'not-utf-8' }],
    ])('is refused as text for %s as %s %j', async (path, type, headers) => {
      expect(await send(path, type, latin1, headers)).toMatchObject(invalid);
      expect(await send(path, type, Buffer.from('é').subarray(0, 1), headers)).toMatchObject(invalid);
    });

    it('is refused in any chunk, but a character can be split between chunks', async () => {
      const [lead, trail] = [Buffer.from('é').subarray(0, 1), Buffer.from('é').subarray(1)];
      const broken = Readable.from([Buffer.from('title\r\n'), lead, Buffer.from('x')]);
      expect(await send('work/file', 'text/csv', broken)).toMatchObject(invalid);
      const { statusCode, body } = await ask({
        method: 'POST',
        url: '/v1/work/file',
        payload: Readable.from([lead, trail, Buffer.from('x')]),
        headers: { 'content-type': 'text/csv' },
      });
      expect([statusCode, body]).toEqual([200, '{"length":2}']);
    });

    it.each([
      ['nests', 'application/json; charset=iso-8859-1'],
      ['nests', 'application/json;Charset="UTF-16"'],
      ['work/file', 'text/csv; header=present; charset=windows-1252'],
    ])('is refused by the charset of its type for %s: %s', async (path, type) =>
      expect(await send(path, type, Buffer.from('{"title":"x"}'))).toMatchObject({
        status: 415,
        code: 'request.unsupported-media-type',
        detail: 'The charset in the Content-Type must be utf-8.',
      }),
    );

    it.each([
      'application/json; charset=UTF-8',
      'application/json;charset="utf-8"',
      'application/json; charset=us-ascii',
    ])('is not what %s says', async (type) =>
      expect((await build({ title: 'Zoë' }, { 'content-type': type })).json()).toEqual({ title: 'Zoë' }),
    );
  });

  it('of more than 100 kB is refused', async () => {
    expect(await problemOf(build({ title: 'x'.repeat(100_001) }))).toMatchObject({
      code: 'request.too-large',
    });
  });
});

describe('A query', () => {
  it('is read as numbers, booleans and lists', async () => {
    const { json } = await ask('/v1/nests?limit=2&tags=a,b&empty=false');
    expect(json<{ query: unknown }>().query).toEqual({ limit: 2, tags: ['a', 'b'], empty: false });
  });

  it.each(['tags=', 'tags=&limit=20'])('%s with an empty list is read without it', async (query) => {
    const { json } = await ask(`/v1/nests?${query}`);
    expect(json<{ query: unknown }>().query).toEqual({ limit: 20 });
  });

  it('has its defaults', async () => {
    expect((await ask('/v1/nests')).json<{ data: unknown[] }>().data).toHaveLength(20);
  });

  it.each([
    ['limit=0', 'limit: range'],
    ['limit=101', 'limit: range'],
    ['limit=2x', 'limit: type'],
    ['limit=1&limit=2', 'limit: type'],
    ['empty=1', 'empty: type'],
    ['tags=toolong', 'tags.0: length'],
    ['page=2', 'page: unknown'],
    ['tags=%00', 'tags: characters'],
    ['constructor=1', 'constructor: unknown'],
    ['__proto__=1', '__proto__: unknown'],
  ])('%s is refused', async (query, error) =>
    expect(await violation(ask(`/v1/nests?${query}`))).toEqual([error]),
  );

  it('is refused where a route declares none, on every method', async () => {
    expect(await violation(ask(`/v1/nests/${ID}?page=2&__proto__=1&tags=%00`))).toEqual([
      'page: unknown',
      '__proto__: unknown',
      'tags: unknown',
    ]);
    for (const method of ['HEAD', 'PATCH'] as const)
      expect((await ask({ method, url: `/v1/nests/${ID}?page=2` })).statusCode).toBe(
        method === 'HEAD' ? 400 : 401,
      );
  });

  it('is ignored by probes', async () => {
    expect((await ask('/livez?probe=1')).statusCode).toBe(200);
  });
});

describe('A list', () => {
  it('leads from page to page by cursor and by link', async () => {
    const first = await ask('/v1/nests?limit=2');
    const { page } = first.json<{ page: { nextCursor: string } }>();
    const link = /^<(.+)>; rel="next"$/.exec(first.headers.link as string)![1]!;
    expect(link).toContain(page.nextCursor);
    expect((await ask(link)).json<{ data: unknown }>().data).toEqual([{ n: 3 }, { n: 4 }]);
  });

  it('refuses a cursor it has not issued', async () => {
    expect(await problemOf(ask('/v1/nests?cursor=eyJ9'))).toMatchObject({
      status: 400,
      code: 'request.invalid-cursor',
      errors: [{ path: 'cursor', code: 'custom', params: { rule: 'cursor-of-list' } }],
    });
  });
});

describe('A versioned resource', () => {
  const nest = (headers: Record<string, string> = {}) => ask({ url: `/v1/nests/${ID}`, headers });

  it('is answered with an ETag that begins with its version and stays while the answer does', async () => {
    const { headers, json } = await nest();
    expect(headers.etag).toMatch(/^"3-[\w-]{16}"$/);
    expect(json()).toMatchObject({ version: 3 });
    expect((await nest()).headers.etag).toBe(headers.etag);
  });

  it('has another ETag where the answer is another: for another caller, and compressed', async () => {
    const tags = [{}, { authorization: 'Bearer good' }, { 'accept-encoding': 'gzip' }].map(
      async (headers) =>
        (await ask({ url: '/v1/nests/own', headers: { authorization: 'Bearer ruler', ...headers } })).headers
          .etag,
    );
    expect(new Set(await Promise.all(tags)).size).toBe(3);
  });

  it.each(['ETAG', 'W/ETAG', '"1", ETAG', '*'])('is answered 304 to a client that has %s', async (header) => {
    const { etag } = (await nest()).headers;
    const { statusCode, body, headers } = await nest({
      'if-none-match': header.replace('ETAG', String(etag)),
    });
    expect([statusCode, body, headers.etag, headers['content-type']]).toEqual([304, '', etag, undefined]);
    expect(headers).toMatchObject({
      'cache-control': 'private, no-cache',
      vary: expect.stringContaining('Authorization'),
    });
  });

  it.each(['"3"', '"3-c2lnbmF0dXJlISEh"', '"2"'])(
    'is answered in full to a client that has %s, which is not this answer',
    async (header) => expect((await nest({ 'if-none-match': header })).statusCode).toBe(200),
  );

  const rename = (headers: Record<string, string>) =>
    ask({
      method: 'PATCH',
      url: `/v1/nests/${ID}`,
      payload: { title: 'Elm' },
      headers: { authorization: 'Bearer good', ...headers },
    });

  it('is changed only by those who name its version', async () => {
    expect(await problemOf(rename({}))).toMatchObject({ status: 428, code: 'precondition.required' });
    expect(await problemOf(rename({ 'if-match': '"2"' }))).toMatchObject({
      status: 412,
      code: 'precondition.failed',
    });
    const { statusCode, headers } = await rename({ 'if-match': '"3"' });
    expect([statusCode, headers.etag]).toEqual([200, expect.stringMatching(/^"4-/)]);
    const { etag } = (await nest()).headers;
    expect((await rename({ 'if-match': String(etag) })).statusCode).toBe(200);
  });
});

describe('A response says who can cache it', () => {
  const good = { authorization: 'Bearer good' };
  const kept = async (options: InjectOptions) => {
    const { statusCode, headers } = await ask(options);
    return [statusCode, headers['cache-control']];
  };

  it.each<[string, InjectOptions, [number, string]]>([
    ['what is for one caller', { url: '/v1/work/me', headers: good }, [200, 'private, no-store']],
    [
      'what is for one caller and checked by ETag',
      { url: '/v1/nests/own', headers: good },
      [200, 'private, no-cache'],
    ],
    ['what may hold tokens', { url: '/v1/work/context', method: 'POST', payload: {} }, [200, 'no-store']],
    ['a secret of the caller', { url: '/v1/work/secret', headers: good }, [200, 'no-store']],
    ['a probe', { url: '/livez' }, [200, 'no-store']],
    ['an error', { url: '/v1/work/rule', headers: good }, [403, 'no-store']],
    ['an error before there is a route', { url: '/v1/%zz' }, [400, 'no-store']],
    ['what is nowhere', { url: '/nope' }, [404, 'no-store']],
    ['a page about a problem', { url: '/problems/internal' }, [200, 'public, max-age=3600']],
    ['an error in place of such a page', { url: '/problems/no.such' }, [404, 'no-store']],
    ['the description', { url: '/v1/openapi.json' }, [200, 'public, max-age=300']],
    ['the description in YAML', { url: '/v1/openapi.yaml' }, [200, 'public, max-age=300']],
    ['the documentation', { url: '/v1/docs' }, [200, 'public, max-age=300']],
    ['a file of the documentation', { url: '/v1/docs/swagger-ui.css' }, [200, 'public, max-age=300']],
  ])('%s', async (_, options, expected) => expect(await kept(options)).toEqual(expected));

  it('and on which request headers it depends, each once', async () => {
    const { headers } = await ask({
      url: '/v1/nests/own',
      headers: { ...good, origin: 'https://app.example', 'accept-encoding': 'gzip' },
    });
    expect(String(headers.vary).toLowerCase().split(', ').toSorted()).toEqual([
      'accept-encoding',
      'authorization',
      'origin',
    ]);
    const page = await ask({ url: '/problems/internal', headers: { origin: 'https://app.example' } });
    expect(page.headers.vary).toBe('Origin, Accept');
  });
});

describe('An address', () => {
  it.each([
    '/v1/nope?token=hush',
    '/nope',
    '/',
    '/v1/nests/no-uuid',
    `/v1/nests/${'a'.repeat(501)}`,
    '/v1/nests/',
    '/problems/no.such',
    '/v1/docs/no-such-file.js',
  ])('without a route is 404: %s', async (url) => {
    const problem = await problemOf(ask(url));
    expect(problem).toMatchObject({ status: 404, code: 'resource.not-found' });
    expect(JSON.stringify(problem)).not.toContain('hush');
  });

  it('with another method is 405 and lists the allowed methods', async () => {
    const answer = await ask({ method: 'DELETE', url: `/v1/nests/${ID}` });
    expect(answer.headers.allow).toBe('GET, HEAD, OPTIONS, PATCH');
    expect(await problemOf(Promise.resolve(answer))).toMatchObject({
      code: 'request.method-not-allowed',
    });
  });

  it('returns its methods for OPTIONS', async () => {
    const { statusCode, headers } = await ask({ method: 'OPTIONS', url: '/v1/nests' });
    expect([statusCode, headers.allow]).toEqual([204, 'GET, HEAD, OPTIONS, POST']);
    expect((await ask({ method: 'OPTIONS', url: '/v1/nope' })).statusCode).toBe(404);
  });

  it('returns 304 for HEAD like for GET', async () => {
    const url = `/v1/nests/${ID}`;
    const { etag, ...sent } = (await ask({ method: 'HEAD', url })).headers;
    const { statusCode, headers } = await ask({
      method: 'HEAD',
      url,
      headers: { 'if-none-match': String(etag) },
    });
    expect([statusCode, headers.etag, headers['cache-control']]).toEqual([304, etag, sent['cache-control']]);
  });

  it('answers HEAD like GET, without a body', async () => {
    const { statusCode, headers, body } = await ask({ method: 'HEAD', url: `/v1/nests/${ID}` });
    expect([statusCode, headers.etag, body]).toEqual([200, (await ask(`/v1/nests/${ID}`)).headers.etag, '']);
  });

  it('that is badly encoded is malformed', async () => {
    expect(await problemOf(ask('/v1/%zz'))).toMatchObject({ status: 400, code: 'request.malformed' });
  });
});

describe('A caller', () => {
  const me = (authorization?: string) =>
    ask({ url: '/v1/work/me', headers: authorization ? { authorization } : {} });

  it('is needed on every route that is not public', async () => {
    const answer = await me();
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="rookery"');
    expect(await problemOf(Promise.resolve(answer))).toMatchObject({ code: 'auth.unauthenticated' });
  });

  it.each([
    ['no JSON', '{', {}],
    ['too many members', JSON.stringify(Array.from({ length: 2_000 }, () => 1)), {}],
    ['more than 100 kB', JSON.stringify('x'.repeat(100_001)), {}],
    ['another type', 'x', { 'content-type': 'text/plain' }],
  ])('who is unknown is refused before a body is parsed: %s', async (_, payload, own) => {
    const headers = { 'content-type': 'application/json', ...own };
    const answer = ask({ method: 'PATCH', url: `/v1/nests/${ID}`, payload, headers });
    expect(await problemOf(answer)).toMatchObject({ code: 'auth.unauthenticated' });
  });

  it('is asked for once, however many guards there are', async () => {
    const asked = authenticated.count;
    await me('Bearer good');
    expect(authenticated.count - asked).toBe(1);
  });

  it('with a wrong token gets 401', async () => {
    const answer = await me('Bearer bad');
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="rookery", error="invalid_token"');
    expect(await problemOf(Promise.resolve(answer))).toMatchObject({
      status: 401,
      code: 'sample.token-invalid',
    });
  });

  it('gets other rejections of the strategy unchanged', async () => {
    expect(await problemOf(me('Bearer refused'))).toMatchObject({ status: 403 });
  });

  it('is handed to the route and is the actor of its work', async () => {
    expect((await me('Bearer good')).json()).toEqual({ userId: ID, actorId: ID });
  });

  it('needs the permission that the route asks for', async () => {
    const rule = (authorization: string) => ask({ url: '/v1/work/rule', headers: { authorization } });
    expect(await problemOf(rule('Bearer good'))).toMatchObject({ status: 403, code: 'auth.forbidden' });
    expect((await rule('Bearer ruler')).statusCode).toBe(200);
  });

  it('can be an operator with HTTP Basic', async () => {
    const ops = (authorization?: string) =>
      ask({ url: '/v1/work/ops', headers: authorization ? { authorization } : {} });
    expect((await ops()).headers['www-authenticate']).toMatch(/^Basic /);
    expect((await ops(`Basic ${Buffer.from('ops:ops').toString('base64')}`)).statusCode).toBe(200);
  });
});

describe('A page that a Fastify plugin brings along', () => {
  it('answers with problems like any other', async () => {
    const answer = await ask('/v1/board');
    expect(answer.headers['www-authenticate']).toMatch(/^Basic /);
    expect(await problemOf(Promise.resolve(answer))).toMatchObject({
      status: 401,
      code: 'auth.unauthenticated',
    });
  });
});

describe('An error', () => {
  const fail = (error: unknown) => {
    failure.next = error;
    return ask('/v1/work/fails');
  };

  it('that is unexpected is logged with the traceId, without details in the response', async () => {
    const answer = await fail(new Error('relation "secrets" does not exist'));
    expect(answer.body).not.toContain('secrets');
    const problem = await problemOf(Promise.resolve(answer));
    expect(problem.code).toBe('internal');
    const line = sample.lines.all.find((entry) => entry['trace.id'] === problem.traceId && entry.error);
    expect(line).toMatchObject({
      'log.level': 'error',
      error: {
        message: 'relation "secrets" does not exist',
        stack_trace: expect.stringContaining('web-app.spec.ts'),
      },
    });
    expect(sample.lines.all.at(-1)).toMatchObject({ 'log.level': 'error', 'http.response.status_code': 500 });
  });

  it('of the database or Redis is 503 and says when to try again', async () => {
    const answer = await fail(
      Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:5432'), { code: 'ECONNREFUSED' }),
    );
    expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    expect(answer.body).not.toContain('10.0.0.1');
    expect(await problemOf(Promise.resolve(answer))).toMatchObject({
      code: 'dependency.unavailable',
    });
  });

  it('may be anything', async () => {
    expect(await problemOf(fail(undefined))).toMatchObject({ code: 'internal' });
    expect(await problemOf(fail('text'))).toMatchObject({ code: 'internal' });
  });

  it('is a 503 when a route does not answer in time', async () => {
    expect(await problemOf(ask('/v1/work/hangs'))).toMatchObject({ status: 503, code: 'server.timeout' });
  });

  it('is a 503 when a route does not answer in time after it has read a body', async () => {
    await sample.app.listen(0, '127.0.0.1');
    const answer = await fetch(`${await sample.app.getUrl()}/v1/work/hangs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: 'server.timeout' });
  });
});

describe('A parameter of the path that is a secret', () => {
  it('has to be declared as one, or the app is not built', async () => {
    @Controller('doors')
    class DoorController {
      @Get(':doorToken')
      @Explain({ operationId: 'openDoor', summary: 'Open a door' })
      open(): string {
        return 'open';
      }
    }
    await expect(sampleApp({}, [DoorController])).rejects.toThrow(/doorToken.*SecretParam/);
  });
});

describe('Every request', () => {
  it('has an id: its own when that is sane, else a new one', async () => {
    const id = async (header: string) =>
      (await ask({ url: '/livez', headers: { 'x-request-id': header } })).headers['x-request-id'];
    expect(await id('abc-1.2_3')).toBe('abc-1.2_3');
    expect(await id('a b')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await id('x'.repeat(129))).toMatch(/^[0-9a-f-]{36}$/);
    const failed = await ask({ url: '/v1/%zz', headers: { 'x-request-id': 'abc' } });
    expect(failed.headers['x-request-id']).toBe('abc');
  });

  it('runs in its own context, also after reading the body', async () => {
    const requests = Array.from({ length: 20 }, (_, n) =>
      ask({
        method: 'POST',
        url: '/v1/work/context',
        payload: { n },
        headers: {
          'x-request-id': `id-${n}`,
          traceparent: `00-${'a'.repeat(30)}${10 + n}-00f067aa0ba902b7-01`,
        },
      }),
    );
    (await Promise.all(requests)).forEach((answer, n) => {
      const context = answer.json<{ correlationId: string; traceparent: string }>();
      expect(context).toMatchObject({ correlationId: `id-${n}`, body: { n } });
      expect(context.traceparent).toContain(`${'a'.repeat(30)}${10 + n}`);
    });
  });

  it('is logged in one line without its query', async () => {
    await ask({ url: '/v1/nests?limit=1&token=hush', headers: { 'x-request-id': 'one-line' } });
    const lines = sample.lines.all.filter((line) => line['http.request.id'] === 'one-line');
    expect(lines).toEqual([
      expect.objectContaining({
        'log.level': 'info',
        message: 'GET /v1/nests 400',
        'url.path': '/v1/nests',
        'http.response.status_code': 400,
        'event.duration': expect.any(Number),
      }),
    ]);
  });

  it.each([
    ['0', '127.0.0.1'],
    ['1', '203.0.113.7'],
    ['2', '198.51.100.9'],
  ])('comes from the address that %s trusted proxies vouch for', async (hops, ip) => {
    const behind = await sampleApp({ TRUST_PROXY: hops });
    await behind.app.inject({
      url: '/v1/nests',
      headers: { 'x-forwarded-for': '6.6.6.6, 198.51.100.9, 203.0.113.7' },
    });
    expect(behind.lines.all.at(-1)!['client.ip']).toBe(ip);
    await behind.app.close();
  });

  it('gets headers against sniffing and framing', async () => {
    const { headers } = await ask('/livez');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['strict-transport-security']).toBeUndefined();
  });

  it('is compressed above 1 kB, unless it is a stream of events', async () => {
    const encoding = async (url: string) =>
      (await ask({ url, headers: { 'accept-encoding': 'gzip' } })).headers['content-encoding'];
    expect(await encoding('/v1/work/large')).toBe('gzip');
    expect(await encoding('/livez')).toBeUndefined();
    expect(await encoding('/v1/work/stream')).toBeUndefined();
  });

  it('is answered to pages of known origins only', async () => {
    const origin = async (from: string) =>
      (await ask({ url: '/livez', headers: { origin: from } })).headers['access-control-allow-origin'];
    expect(await origin('https://app.example')).toBe('https://app.example');
    for (const other of [
      'https://evil.example',
      'https://app.example.evil.example',
      'null',
      'https://APP.example',
    ])
      expect(await origin(other)).toBeUndefined();
    const refused = await ask({ url: '/livez', headers: { origin: 'https://evil.example' } });
    expect(Object.keys(refused.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(String(refused.headers.vary)).toContain('Origin');
    const preflight = await ask({
      method: 'OPTIONS',
      url: '/v1/nests',
      headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight.statusCode).toBe(204);
    expect(preflight.headers['access-control-max-age']).toBe('43200');
  });

  it('exposes every documented header to pages of known origins', async () => {
    const { headers } = await ask({ url: '/livez', headers: { origin: 'https://app.example' } });
    const exposed = String(headers['access-control-expose-headers']).toLowerCase().split(', ');
    const neverHidden = ['cache-control', 'vary'];
    const {
      paths,
    }: { paths: Record<string, Record<string, { responses: Record<string, { headers?: object }> }>> } =
      resolveParts((await ask('/v1/openapi.json')).json());
    const told = Object.values(paths)
      .flatMap((methods) => Object.values(methods))
      .flatMap(({ responses }) => Object.values(responses))
      .flatMap(({ headers: named = {} }) => Object.keys(named).map((name) => name.toLowerCase()));
    expect(told).toContain('www-authenticate');
    expect([...exposed, ...neverHidden]).toEqual(expect.arrayContaining([...new Set(told)]));
    expect(exposed).toEqual(expect.arrayContaining(['allow', 'content-disposition', 'etag']));
  });
});

describe('The pages about problems', () => {
  it('explain a problem to people and to programs', async () => {
    const html = await ask({ url: '/problems/sample.nest-taken', headers: { accept: 'text/html' } });
    expect(html.headers['content-type']).toContain('text/html');
    expect(html.body).toContain('Another bird lives in this nest.');
    expect(html.body).toContain('Choose another nest.');
    const json = await ask({ url: '/problems/sample.nest-taken', headers: { accept: 'application/json' } });
    expect(json.json()).toMatchObject({
      code: 'sample.nest-taken',
      status: 409,
      remedy: 'Choose another nest.',
    });
  });

  it('list the rules that errors[].code may name', async () => {
    const url = '/problems/request.invalid';
    const html = await ask({ url, headers: { accept: 'text/html' } });
    const json = await ask({ url, headers: { accept: 'application/json' } });
    const codes = definedRules().map(({ code }) => code);
    const { rules } = json.json<{ rules: Record<string, { params: object }> }>();
    for (const code of codes) expect(html.body).toContain(`<code>${code}</code>`);
    expect(Object.keys(rules)).toEqual(codes);
    expect(rules.length!.params).toEqual({
      min: { type: 'integer', description: 'Minimum, inclusive.' },
      max: { type: 'integer', description: 'Maximum, inclusive.' },
      unit: { type: 'string', enum: ['characters', 'items'], description: expect.any(String) },
    });
    for (const text of [
      '<code>min</code> (integer): Minimum, inclusive.',
      '<code>unit</code> (characters, items): What is counted.',
      '<code>min</code> (number or string): Minimum, inclusive: a number',
      '<code>fields</code> (list of string): ',
    ])
      expect(html.body).toContain(text);
    expect(html.body).not.toContain('`');
    expect((await ask('/problems/internal')).body).not.toContain('errors[]');
  });

  it('are listed', async () => {
    const { json } = await ask({ url: '/problems', headers: { accept: 'application/json' } });
    expect(json<{ data: { code: string }[] }>().data.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['internal', 'request.invalid', 'sample.nest-taken']),
    );
  });
});

describe('Over a connection', () => {
  let other: SampleApp;
  let port: number;

  beforeEach(async () => {
    other = await sampleApp({
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://rookery.example',
      OPS_USER: 'a',
      OPS_PASSWORD: 'vU3c0q9ZkXw5Jm2RtY8a',
    });
    await other.app.listen(0, '127.0.0.1');
    port = (other.app.getHttpServer().address() as AddressInfo).port;
  });
  afterEach(() => other.app.close());

  const raw = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(port, '127.0.0.1', () => socket.write(text));
      socket.on('data', (chunk) => (answer += chunk.toString()));
      socket.on('close', () => resolve(answer));
      socket.on('error', reject);
    });

  const get = (path: string, agent: Agent): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      httpGet({ port, path, agent }, (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer));
      }).on('error', reject);
    });

  it('a request that is not HTTP gets 400 and is closed', async () => {
    const answer = await raw('NONSENSE\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain('cache-control: no-store');
    expect(answer).toContain('"code":"request.malformed"');
  });

  it.each([
    ['two', 'host: a\r\nhost: b'],
    ['twice the same', 'host: a\r\nHOST: a'],
  ])('a request with %s Host headers is answered 400 and closed (RFC 9112 §3.2)', async (_, hosts) => {
    const answer = await raw(`GET /livez HTTP/1.1\r\n${hosts}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"code":"request.malformed"');
    expect(answer.toLowerCase()).toContain('connection: close');
  });

  it.each([
    ['a length and chunks', 'content-length: 4\r\ntransfer-encoding: chunked'],
    ['two lengths', 'content-length: 4\r\ncontent-length: 40'],
    ['chunks within another coding', 'transfer-encoding: chunked, identity'],
  ])('a body with %s is answered 400, and what follows is not read (RFC 9112 §6.3)', async (_, framing) => {
    const head = `POST /v1/nests HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${framing}\r\n\r\n`;
    const answer = await raw(`${head}0\r\n\r\nGET /livez HTTP/1.1\r\nhost: x\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.match(/^HTTP\/1\.1 /gm)).toHaveLength(1);
    expect(answer.toLowerCase()).toContain('connection: close');
  });

  it.each([
    ['headers', 'GET /livez HTTP/1.1\r\nhost: x\r\n', 'x'],
    [
      'body',
      'POST /v1/nests HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{',
      ' ',
    ],
    [
      'body in chunks',
      'POST /v1/nests HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n',
      '1\r\n \r\n',
    ],
  ])('%s that dribble in are answered 408 and closed, though the client goes on', async (_, head, drop) => {
    const hasty = await sampleApp({ REQUEST_ARRIVAL_TIMEOUT_MS: '250' });
    await hasty.app.listen(0, '127.0.0.1');
    const { port: itsPort } = hasty.app.getHttpServer().address() as AddressInfo;
    let answer = '';
    const socket = connect({ port: itsPort, host: '127.0.0.1', allowHalfOpen: true }, () => {
      socket.write(head);
      const dribble = setInterval(() => socket.write(drop), 20);
      socket.on('close', () => clearInterval(dribble));
    });
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('error', () => undefined); // it keeps writing after the server has closed
    await new Promise((resolve) => socket.on('close', resolve));
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('"code":"request.timeout"');
    await hasty.app.close();
  });

  it('by default a request must arrive within 30 seconds', () => {
    const { requestTimeout, headersTimeout } = other.app.getHttpServer();
    expect([requestTimeout, headersTimeout]).toEqual([30_000, 30_000]);
  });

  it('a connection without HTTP is closed, even if the client keeps it open', async () => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () =>
      socket.write('NONSENSE\r\n\r\n'),
    );
    socket.resume();
    socket.on('error', () => undefined);
    const kept = setInterval(() => socket.write('x'), 50);
    socket.on('close', () => clearInterval(kept));
    await new Promise((resolve) => socket.on('close', resolve));
  });

  it('too large headers return 431', async () => {
    const answer = await raw(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('"code":"request.headers-too-large"');
  });

  it('a response that fails halfway is aborted, and the server survives', async () => {
    await expect(raw('GET /v1/work/partly HTTP/1.1\r\nhost: x\r\n\r\n')).resolves.not.toContain('half way');
    expect((await get('/livez', new Agent())).statusCode).toBe(200);
  });

  it.each([
    ['JSON with a length', 'nests', 'application/json', 'content-length: 5000000', 413],
    ['JSON in chunks', 'nests', 'application/json', 'transfer-encoding: chunked', 413],
    ['another media type', 'nests', 'image/png', 'content-length: 5000000', 415],
    ['text with a length', 'work/text', 'text/plain', 'content-length: 5000000', 413],
    ['text in chunks', 'work/text', 'text/plain', 'transfer-encoding: chunked', 413],
    ['a file with a length', 'work/file', 'text/csv', 'content-length: 5000000', 413],
    ['a file in chunks', 'work/file', 'text/csv', 'transfer-encoding: chunked', 413],
  ])('who reads nothing before the end of a body is answered: %s', async (_, path, type, framing, status) => {
    const megabyte = 'a'.repeat(1_000_000);
    const part = framing.includes('chunked') ? `${(1_000_000).toString(16)}\r\n${megabyte}\r\n` : megabyte;
    const next = `GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`;
    const socket = connect(port, '127.0.0.1').pause();
    const closed = new Promise((resolve, reject) => socket.on('close', resolve).on('error', reject));
    const write = (text: string) => new Promise((resolve) => socket.write(text, resolve));
    await write(`POST /v1/${path} HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\n${framing}\r\n\r\n`);
    for (let nr = 0; nr < 5; nr += 1) await write(part);
    await write(`${framing.includes('chunked') ? '0\r\n\r\n' : ''}${next}`);
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString())).resume();
    await closed;
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`, 'HTTP/1.1 200']);
  });

  describe('files with an idempotency key', () => {
    const key = 'idempotency-key: some\r\n';
    const opened: Socket[] = [];
    afterEach(() => opened.splice(0).forEach((socket) => socket.destroy()));

    /** Sends a file, or all of it but some bytes. */
    const send = (at: number, from: string, length: number, { header = key, missing = 0 } = {}) => {
      const told = { status: '' };
      const socket = connect({ port: at, host: '127.0.0.1', localAddress: from }, () =>
        socket.write(
          `POST /v1/work/file HTTP/1.1\r\nhost: x\r\ncontent-type: text/csv\r\n${header}content-length: ${length + missing}\r\n\r\n${'a'.repeat(length)}`,
        ),
      );
      opened.push(socket);
      socket.on('data', (chunk) => (told.status ||= chunk.toString().slice(9, 12)));
      socket.on('error', () => undefined);
      return { socket, told };
    };
    const answered = async (sent: ReturnType<typeof send>) => {
      await eventually(() => sent.told.status !== '');
      return sent.told.status;
    };
    const fits = (at: number, from: string) =>
      eventually(async () => (await answered(send(at, from, 900_000))) === '200');

    it('share the memory of four, until their responses are sent or their clients are gone', async () => {
      const halves = [1, 2, 3, 4, 5].map((nr) => send(port, `127.0.0.${nr}`, 900_000, { missing: 1 }));
      await eventually(() => halves.some(({ told }) => told.status === '503'));
      expect(halves.map(({ told }) => told.status).toSorted()).toEqual(['', '', '', '', '503']);
      expect(await answered(send(port, '127.0.0.6', 1_000))).toBe('200');
      expect(await answered(send(port, '127.0.0.6', 900_000, { header: '' }))).toBe('200');
      for (const { socket } of halves) socket.destroy();
      for (let nr = 0; nr < 6; nr += 1) await fits(port, '127.0.0.1');
    });

    it('are at most as large together as one, if they are of the same caller', async () => {
      const halves = [1, 2].map(() => send(port, '127.0.0.7', 900_000, { missing: 1 }));
      await eventually(() => halves.some(({ told }) => told.status === '503'));
      expect(halves.map(({ told }) => told.status).toSorted()).toEqual(['', '503']);
      await fits(port, '127.0.0.8');
    });
  });

  it.each(['application/json', 'image/png'])(
    'a file of another media type is refused before it has arrived: %s',
    async (type) => {
      const socket = connect(port, '127.0.0.1', () =>
        socket.write(
          `POST /v1/work/file HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\ncontent-length: 900000\r\n\r\n{`,
        ),
      );
      let answer = '';
      socket.on('data', (chunk) => (answer += chunk.toString()));
      await eventually(() => answer.includes('HTTP/1.1 415'));
      socket.destroy();
    },
  );

  it('production asks browsers for HTTPS', async () => {
    expect((await get('/livez', new Agent())).headers['strict-transport-security']).toContain(
      'max-age=31536000',
    );
  });

  it('requests are answered on one connection until draining, then each with Connection: close', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await get('/livez', agent)).headers.connection).toBe('keep-alive');
    const drain = other.app.get(Drain, { strict: false });
    drain.start();
    expect((await get('/readyz', agent)).statusCode).toBe(503);
    const served = await get(`/v1/nests/${ID}`, agent);
    expect([served.statusCode, served.headers.connection]).toEqual([200, 'close']);
    drain.close();
    const refused = await get(`/v1/nests/${ID}`, agent);
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '1']);
    expect((await get('/livez', agent)).statusCode).toBe(200);
    agent.destroy();
  });

  it('a request in progress is answered while the app closes', async () => {
    const body = JSON.stringify({ title: 'Oak' });
    const head = `POST /v1/nests HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(head + body.slice(0, 3)));
    const ended = new Promise((resolve) => socket.on('close', resolve));
    socket.on('data', (chunk) => (answer += chunk.toString()));
    await new Promise((resolve) => other.app.getHttpServer().once('request', resolve));
    const closed = other.app.close();
    socket.write(body.slice(3));
    await Promise.all([closed, ended]);
    expect(answer).toMatch(/^HTTP\/1\.1 201 /);
    expect(answer).toContain('{"title":"Oak"}');
  });

  it('closing does not wait for idle connections', async () => {
    const agent = new Agent({ keepAlive: true });
    await get('/livez', agent);
    await other.app.close();
    agent.destroy();
    expect(other.app.getHttpServer().listening).toBe(false);
  });
});
