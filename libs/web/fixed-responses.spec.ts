import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import fastifyCompress from '@fastify/compress';
import fastify from 'fastify';
import { fixResponses } from './fixed-responses';

const TEXT = JSON.stringify({ text: 'the same for everybody, '.repeat(1_000) });

describe('A fixed response', () => {
  const server = fastify();
  let written = 0;
  beforeAll(async () => {
    await server.register(fastifyCompress, { threshold: 1_000, encodings: ['br', 'gzip'] });
    fixResponses(server, /^\/(fixed|broken)$/);
    server.get('/fixed', (_request, reply) => {
      written += 1;
      void reply.type('application/json; charset=utf-8').send(TEXT);
    });
    server.get('/broken', (_request, reply) => void reply.code(503).send('later'));
    server.get('/other', () => TEXT);
    await server.ready();
  });
  afterAll(() => server.close());

  const ask = (url: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
    server.inject({ method, url, headers });

  it.each([
    [undefined, undefined, (bytes: Buffer) => bytes],
    ['gzip, deflate, br', 'br', brotliDecompressSync],
    ['br;q=0, gzip;q=0.5', 'gzip', gunzipSync],
    ['*', 'gzip', gunzipSync],
    ['identity', undefined, (bytes: Buffer) => bytes],
  ])('to who accepts %s is encoded with %s', async (accepted, encoding, decode) => {
    const { headers, rawPayload } = await ask('/fixed', accepted ? { 'accept-encoding': accepted } : {});
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(rawPayload.length),
      vary: expect.stringMatching(/accept-encoding/i),
    });
    expect(headers['content-encoding']).toBe(encoding);
    expect(decode(rawPayload).toString()).toBe(TEXT);
  });

  it('has an entity tag per encoding, and no body for clients that have it cached', async () => {
    const [plain, packed] = [await ask('/fixed'), await ask('/fixed', { 'accept-encoding': 'br' })];
    expect(plain.headers.etag).toMatch(/^"[\w-]{16}"$/);
    expect(packed.headers.etag).toMatch(/^"[\w-]{16}-br"$/);
    const has = { 'accept-encoding': 'br', 'if-none-match': `"x", W/${packed.headers.etag}` };
    expect(await ask('/fixed', has)).toMatchObject({ statusCode: 304, body: '' });
    expect((await ask('/fixed', has, 'HEAD')).statusCode).toBe(304);
    const other = { 'accept-encoding': 'br', 'if-none-match': String(plain.headers.etag) };
    expect((await ask('/fixed', other)).statusCode).toBe(200);
  });

  it('runs its route only once', async () => {
    await Promise.all(Array.from({ length: 5 }, () => ask('/fixed?again')));
    expect((await ask('/fixed', {}, 'HEAD')).headers['content-length']).toBe(String(Buffer.byteLength(TEXT)));
    expect(written).toBe(1);
  });

  it('is the same one however its path is spelled', async () => {
    const { etag } = (await ask('/fixed')).headers;
    for (const url of ['/%66ixed', '/fi%78ed?a', '/%66%69%78%65%64'])
      expect((await ask(url)).headers.etag).toBe(etag);
    expect(written).toBe(1);
  });

  it('is not stored if the route fails, or for other routes', async () => {
    expect(await ask('/broken')).toMatchObject({ statusCode: 503, body: 'later' });
    expect((await ask('/other')).headers.etag).toBeUndefined();
  });
});
