import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { Presigner } from './signature';

const CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG',
  region: 'eu-central-1',
};
const sdk = new S3Client({
  endpoint: 'https://storage.example:9000',
  region: CREDENTIALS.region,
  forcePathStyle: true,
  credentials: CREDENTIALS,
  requestChecksumCalculation: 'WHEN_REQUIRED',
});
const presigner = new Presigner(CREDENTIALS);
const at = new Date('2026-02-28T23:59:59.999Z');
const url = new URL('https://storage.example:9000/rookery/uploads/0198c1d0');
const parametersOf = (text: string) => new URL(text).searchParams;
const allOf = (text: string) => Object.fromEntries(parametersOf(text));

/** The SDK adds this parameter, which is signed like every other. */
const own = (id: string) => ({ 'x-id': id });

describe('A presigned URL', () => {
  it('is that of the AWS SDK, for a download', async () => {
    const command = new GetObjectCommand({ Bucket: 'rookery', Key: 'uploads/0198c1d0' });
    const theirs = await getSignedUrl(sdk, command, { expiresIn: 60, signingDate: at });
    const query = { ...own('GetObject'), 'x-amz-checksum-mode': 'ENABLED' };
    const asked = parametersOf(theirs).has('x-amz-checksum-mode') ? query : own('GetObject');
    const ours = presigner.url({ method: 'GET', url, query: asked, at, expiresIn: 60 });
    expect(allOf(ours)).toEqual(allOf(theirs));
    expect(new URL(ours).pathname).toBe(new URL(theirs).pathname);
  });

  it('is that of the AWS SDK, for an upload of one type and size', async () => {
    const command = new PutObjectCommand({
      Bucket: 'rookery',
      Key: 'uploads/0198c1d0',
      ContentType: 'image/png',
      ContentLength: 17,
    });
    const theirs = await getSignedUrl(sdk, command, {
      expiresIn: 900,
      signingDate: at,
      signableHeaders: new Set(['host', 'content-type', 'content-length']),
    });
    const ours = presigner.url({
      method: 'PUT',
      url,
      query: own('PutObject'),
      headers: { 'content-type': 'image/png', 'content-length': '17' },
      at,
      expiresIn: 900,
    });
    expect(allOf(ours)).toEqual(allOf(theirs));
  });

  it('is signed with the key of its day', () => {
    const on = (day: string) =>
      parametersOf(presigner.url({ method: 'GET', url, at: new Date(day), expiresIn: 60 })).get(
        'X-Amz-Signature',
      );
    const first = on('2026-03-01T00:00:00Z');
    expect(on('2026-03-02T00:00:00Z')).not.toBe(first);
    expect(on('2026-03-01T00:00:00Z')).toBe(first);
  });
});
