import { defineSettings, setting, weaknessOf } from '@rookery/settings';
import { z } from 'zod';

const url = (doc: string) =>
  z.union([
    z.literal(''),
    z.url({ protocol: /^https?$/, error: `must be ${doc} as an http:// or https:// URL` }),
  ]);
const DEFAULT_SECRETS = new Set(['rookery-development', 'minioadmin', 'S3RVER']);

/** Where objects are stored, and limits of uploads. */
export class MediaSettings extends defineSettings(
  'Media',
  {
    endpoint: setting('S3_ENDPOINT', url('the address of the storage'), {
      doc: 'Address of the S3-compatible object storage, reached in path style; `https://s3.eu-central-1.amazonaws.com` for AWS. Empty: uploads are refused with 503, everything else works.',
      default: '',
    }),
    publicEndpoint: setting('S3_PUBLIC_ENDPOINT', url('the address of the storage for clients'), {
      doc: 'Address under which clients reach the same storage, if it is another one. Default: S3_ENDPOINT.',
      default: '',
    }),
    region: setting('S3_REGION', z.string().regex(/^[a-z0-9-]+$/), {
      doc: 'Region that requests to the storage are signed for.',
      default: 'us-east-1',
    }),
    bucket: setting('S3_BUCKET', z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/), {
      doc: 'Private bucket of the objects; it must exist.',
      default: 'rookery',
    }),
    accessKeyId: setting('S3_ACCESS_KEY_ID', z.string(), {
      doc: 'Access key for that bucket alone: reads, writes, deletes and lists its objects.',
      default: '',
    }),
    secretAccessKey: setting('S3_SECRET_ACCESS_KEY', z.string(), {
      doc: 'Secret of the access key.',
      default: '',
      production: (text) => {
        const weakness = DEFAULT_SECRETS.has(text) ? 'is a default' : weaknessOf(text);
        return text === '' || weakness === undefined
          ? undefined
          : `${weakness}; give the storage a secret of its own (\`openssl rand -hex 24\`)`;
      },
    }),
    baseUrl: setting('MEDIA_BASE_URL', url('the base of links to media'), {
      doc: 'Base of links to media at a CDN that reads the prefix `media/` of the bucket. Empty: links are presigned and end.',
      default: '',
    }),
    uploadSeconds: setting('MEDIA_UPLOAD_SECONDS', z.coerce.number().int().min(60).max(3_600), {
      doc: 'Seconds for which an upload may be sent after it was requested.',
      default: '900',
    }),
    linkSeconds: setting('MEDIA_LINK_SECONDS', z.coerce.number().int().min(300).max(86_400), {
      doc: 'Seconds for which a link to a medium works at least; at most twice as long. Links stay the same for as long, so that they can be cached.',
      default: '3600',
    }),
    maxUnused: setting('MEDIA_MAX_UNUSED_UPLOADS', z.coerce.number().int().min(1).max(1_000), {
      doc: 'Maximum uploads per user that nothing uses; one more is refused. They are removed after MEDIA_UNUSED_SECONDS.',
      default: '50',
    }),
    maxBytes: setting('MEDIA_MAX_BYTES_PER_USER', z.coerce.number().int().min(10_485_760), {
      doc: 'Maximum bytes of all uploads of a user together, as they were announced; one more is refused.',
      default: '2147483648',
    }),
    unusedSeconds: setting('MEDIA_UNUSED_SECONDS', z.coerce.number().int().min(3_600), {
      doc: 'Seconds after which an upload that nothing uses is removed.',
      default: '86400',
    }),
    maxPixels: setting('MEDIA_MAX_PIXELS', z.coerce.number().int().min(1_000_000).max(268_000_000), {
      doc: 'Maximum pixels of an image; larger ones are refused before they are decoded. A worker needs about five bytes for each.',
      default: '40000000',
    }),
  },
  ({ endpoint, accessKeyId, secretAccessKey }) =>
    endpoint !== '' && (accessKeyId === '' || secretAccessKey === '')
      ? 'S3_ENDPOINT is set without S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY.'
      : undefined,
) {}
