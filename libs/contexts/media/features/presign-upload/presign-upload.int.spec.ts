import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { png, presign, send } from '@rookery/contexts/media/testing';
import { signUp } from '@rookery/contexts/identity/testing';
import { type Answer, type Person, sharedSystem } from '@rookery/testing';
import { Presigner } from '../../storage/signature';

const ROUTE = 'POST /v1/uploads/presigned';
const DRAFT = { contentType: 'image/png', fileName: 'owl.png', size: 100 };

describe('requesting an upload', () => {
  const system = sharedSystem();
  let ada: Person;
  let answer: Answer;
  const file = png();

  beforeAll(async () => {
    ada = await signUp(system);
  });

  beforeEach(async () => {
    answer = await presign(system, ada, file);
  });

  const ask = (body: object) => system.ask(ROUTE, { token: ada.token, body: { ...DRAFT, ...body } });
  /** Sends something else than was announced. @returns status and error of the storage */
  async function sendInstead(
    change: {
      url?: (url: string) => string;
      body?: Buffer;
      headers?: Record<string, string>;
      method?: string;
    },
    { uploadUrl, method, headers }: Record<string, string & Record<string, string>> = answer.body,
  ): Promise<[number, string | undefined]> {
    const sent = await fetch(change.url?.(uploadUrl!) ?? uploadUrl!, {
      method: change.method ?? method!,
      headers: { ...(headers as Record<string, string>), ...change.headers },
      ...(change.method !== 'GET' && { body: new Uint8Array(change.body ?? file) }),
    });
    return [sent.status, /<Code>(.*?)<\/Code>/.exec(await sent.text())?.[1]];
  }

  it('returns URL, method and headers for the file', async () => {
    expect(answer).toMatchObject({
      status: 201,
      body: {
        method: 'PUT',
        headers: { 'Content-Type': 'image/png' },
        mediaKey: expect.stringMatching(/^uploads\/[0-9a-f-]{36}$/),
      },
    });
    const inMs = new Date(answer.body.expiresAt).getTime() - Date.now();
    expect(inMs).toBeGreaterThan(880_000);
    expect(inMs).toBeLessThanOrEqual(900_000);
    expect(await send(answer, file)).toBe(200);
  });

  describe('lets the storage refuse', () => {
    it.each<[string, Parameters<typeof sendInstead>[0]]>([
      ['a longer file', { body: Buffer.concat([file, Buffer.from('x')]) }],
      ['a shorter file', { body: file.subarray(1) }],
      ['another type', { headers: { 'Content-Type': 'text/html' } }],
      ['another key', { url: (url) => url.replace(/uploads\/[0-9a-f]{8}/, 'uploads/00000000') }],
      ['a key outside of the quarantine', { url: (url) => url.replace('/uploads/', '/media/') }],
      ['an altered signature', { url: (url) => `${url.slice(0, -1)}${url.endsWith('0') ? '1' : '0'}` }],
      ['a later end', { url: (url) => url.replace('X-Amz-Expires=900', 'X-Amz-Expires=9000') }],
      ['fewer signed headers', { url: (url) => url.replace('content-length%3B', '') }],
      ['reading what was sent', { method: 'GET' }],
      ['removing it', { method: 'DELETE' }],
    ])('%s', async (_, change) => {
      await send(answer, file);
      expect(await sendInstead(change)).toEqual([403, 'SignatureDoesNotMatch']);
    });

    it.each<[string, Parameters<typeof sendInstead>[0]]>([
      ['a request without a signature', { url: (url) => url.split('?')[0]! }],
      ['listing the bucket', { url: (url) => url.replace(/\/uploads\/.*/, ''), method: 'GET' }],
      [
        'copying the object of somebody else, by a header that is not signed',
        { headers: { 'x-amz-copy-source': '/rookery/media/somebody-elses' } },
      ],
    ])('%s', async (_, change) => {
      expect(await sendInstead(change)).toEqual([403, 'AccessDenied']);
    });

    it('one that has expired', async () => {
      const { storage } = system.addresses;
      const url = new Presigner({
        accessKeyId: storage.S3_ACCESS_KEY_ID,
        secretAccessKey: storage.S3_SECRET_ACCESS_KEY,
        region: storage.S3_REGION,
      }).url({
        method: 'PUT',
        url: new URL(`${storage.S3_ENDPOINT}/rookery/uploads/late`),
        headers: { 'content-type': 'image/png', 'content-length': String(file.length) },
        at: new Date(Date.now() - 61_000),
        expiresIn: 60,
      });
      expect(await sendInstead({ url: () => url })).toEqual([403, 'AccessDenied']);
    });
  });

  it('lets the pages of every origin send it, and nothing else', async () => {
    const preflight = async (method: string) => {
      const asked = await fetch(answer.body.uploadUrl, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://app.example',
          'access-control-request-method': method,
          'access-control-request-headers': 'content-type',
        },
      });
      return [asked.status, asked.headers.get('access-control-allow-origin')];
    };
    expect(await preflight('PUT')).toEqual([200, '*']);
    expect((await preflight('DELETE'))[0]).toBe(403);
  });

  it('works with the AWS SDK: what it sends is there', async () => {
    const { storage } = system.addresses;
    const client = new S3Client({
      endpoint: storage.S3_ENDPOINT,
      region: storage.S3_REGION,
      forcePathStyle: true,
      credentials: { accessKeyId: storage.S3_ACCESS_KEY_ID, secretAccessKey: storage.S3_SECRET_ACCESS_KEY },
      requestChecksumCalculation: 'WHEN_REQUIRED',
    });
    await send(answer, file);
    const of = { Bucket: storage.S3_BUCKET, Key: answer.body.mediaKey };
    const stored = await client.send(new GetObjectCommand(of));
    expect(stored.ContentType).toBe('image/png');
    expect(Buffer.from(await stored.Body!.transformToByteArray())).toEqual(file);
    await client.send(new PutObjectCommand({ ...of, Key: 'foreign/owl', Body: 'x' }));
    expect(await client.send(new HeadObjectCommand({ ...of, Key: 'foreign/owl' }))).toMatchObject({
      ContentLength: 1,
    });
    client.destroy();
  });

  it('refuses files over 10 MiB and types that are not accepted', async () => {
    expect(await ask({ size: 10_485_760 })).toMatchObject({ status: 201 });
    expect(await ask({ size: 10_485_761 })).toMatchObject({
      status: 413,
      body: {
        code: 'request.too-large',
        errors: [{ path: 'size', code: 'range', params: { min: 1, max: 10_485_760 } }],
      },
    });
    for (const contentType of ['image/svg+xml', 'text/html', 'IMAGE/PNG', 'image/png; charset=x'])
      expect(await ask({ contentType })).toMatchObject({
        status: 415,
        body: {
          code: 'request.unsupported-media-type',
          errors: [
            {
              path: 'contentType',
              code: 'one-of',
              params: { values: expect.arrayContaining(['image/png', 'application/pdf']) },
            },
          ],
        },
      });
  });

  it.each([
    ['size', { size: 0 }],
    ['size', { size: 1.5 }],
    ['size', { size: '100' }],
    ['fileName', { fileName: '' }],
    ['fileName', { fileName: 'x'.repeat(256) }],
    ['contentType', { contentType: 'x'.repeat(101) }],
    ['key', { key: 'media/other' }],
  ])('names the invalid field %s', async (path, change) => {
    expect(await ask(change)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  });

  it('refuses more than fifty that nothing uses, also when they are requested at once', async () => {
    const hoarder = await signUp(system);
    // Like a client: 503 means that the request may be repeated, as all of them wait for one another.
    const request = async (): Promise<number> => {
      const { status } = await presign(system, hoarder, file);
      return status === 503 ? request() : status;
    };
    const statuses = await Promise.all(Array.from({ length: 53 }, request));
    expect(statuses.toSorted((a, b) => a - b)).toEqual([...Array<number>(50).fill(201), 409, 409, 409]);
    expect(await presign(system, hoarder, file)).toMatchObject({ body: { code: 'media.too-many-uploads' } });
    // Those of others do not count.
    expect((await presign(system, ada, file)).status).toBe(201);
  });

  it('rejects uploads beyond the storage limit, which includes used uploads until they are removed', async () => {
    const hoarder = await signUp(system);
    const first = await presign(system, hoarder, file);
    const key = first.body.mediaKey as string;
    const fill = (bytes: number) =>
      system.sql(`UPDATE media.uploads SET size = $2, uses = '{suite:quota}' WHERE media_key = $1`, [
        key,
        bytes,
      ]);
    await fill(2_147_483_647 - file.length); // less by one than what there is room for
    expect((await presign(system, hoarder, file)).status).toBe(201);
    expect(await presign(system, hoarder, file)).toMatchObject({
      status: 409,
      body: { code: 'media.quota-exceeded' },
    });
    expect((await presign(system, ada, file)).status).toBe(201);
    await system.sql('DELETE FROM media.uploads WHERE media_key = $1', [key]);
    expect((await presign(system, hoarder, file)).status).toBe(201);
  });
});
