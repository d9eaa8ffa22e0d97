import { defineSettings, setting, weaknessOf } from '@rookery/settings';
import { z } from 'zod';

const url = (doc: string) =>
  z.union([
    z.literal(''),
    z.url({ protocol: /^https?$/, error: `must be ${doc} as an http:// or https:// URL` }),
  ]);
const DEFAULT_SECRETS = new Set(['rookery-development', 'minioadmin', 'S3RVER']);

/** The object storage, and limits of uploads. */
export class MediaSettings extends defineSettings(
  'Media',
  {
    endpoint: setting('S3_ENDPOINT', url('the address of the storage'), {
      doc: 'URL of the S3-compatible object storage, used with path-style requests, such as `https://s3.eu-central-1.amazonaws.com` for AWS. If empty, uploads are rejected with 503 and everything else works.',
      default: '',
    }),
    publicEndpoint: setting('S3_PUBLIC_ENDPOINT', url('the address of the storage for clients'), {
      doc: 'URL of the same storage for clients, if it differs. Default: S3_ENDPOINT.',
      default: '',
    }),
    region: setting('S3_REGION', z.string().regex(/^[a-z0-9-]+$/), {
      doc: 'Region in the signatures of requests to the storage.',
      default: 'us-east-1',
    }),
    bucket: setting('S3_BUCKET', z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/), {
      doc: 'Private bucket for the objects. It must exist.',
      default: 'rookery',
    }),
    accessKeyId: setting('S3_ACCESS_KEY_ID', z.string(), {
      doc: 'Access key with permissions for only this bucket: read, write, delete and list objects.',
      default: '',
    }),
    secretAccessKey: setting('S3_SECRET_ACCESS_KEY', z.string(), {
      doc: 'Secret access key that belongs to S3_ACCESS_KEY_ID.',
      default: '',
      production: (text) => {
        const weakness = DEFAULT_SECRETS.has(text) ? 'is a default' : weaknessOf(text);
        return text === '' || weakness === undefined
          ? undefined
          : `${weakness}; use a generated secret for the storage (\`openssl rand -hex 24\`)`;
      },
    }),
    baseUrl: setting('MEDIA_BASE_URL', url('the base of links to media'), {
      doc: 'Base URL of a CDN that serves the prefix `media/` of the bucket. If empty, links are presigned and expire.',
      default: '',
    }),
    uploadSeconds: setting('MEDIA_UPLOAD_SECONDS', z.coerce.number().int().min(60).max(3_600), {
      doc: 'Seconds after the request during which a file can be uploaded.',
      default: '900',
    }),
    linkSeconds: setting('MEDIA_LINK_SECONDS', z.coerce.number().int().min(300).max(86_400), {
      doc: 'Minimum seconds for which a link to a media file works; the maximum is twice as long. A link does not change during this time, so that responses can be cached.',
      default: '3600',
    }),
    maxUnused: setting('MEDIA_MAX_UNUSED_UPLOADS', z.coerce.number().int().min(1).max(1_000), {
      doc: 'Maximum unused uploads per user; one more is refused. Unused uploads are removed after MEDIA_UNUSED_SECONDS.',
      default: '50',
    }),
    maxBytes: setting('MEDIA_MAX_BYTES_PER_USER', z.coerce.number().int().min(10_485_760), {
      doc: 'Maximum total bytes of the uploads of a user, by announced size. An upload beyond it is refused.',
      default: '2147483648',
    }),
    unusedSeconds: setting('MEDIA_UNUSED_SECONDS', z.coerce.number().int().min(3_600), {
      doc: 'Seconds after which an unused upload is removed.',
      default: '86400',
    }),
    maxPixels: setting('MEDIA_MAX_PIXELS', z.coerce.number().int().min(1_000_000).max(268_000_000), {
      doc: 'Maximum pixels of an image. Larger images are rejected before they are decoded. A worker needs about five bytes of memory per pixel.',
      default: '40000000',
    }),
  },
  ({ endpoint, accessKeyId, secretAccessKey }) =>
    endpoint !== '' && (accessKeyId === '' || secretAccessKey === '')
      ? 'S3_ENDPOINT is set without S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY.'
      : undefined,
) {}
