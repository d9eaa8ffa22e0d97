import type { Accepts } from '../contract';

/** Number of bytes at the start of a file that are read to recognize its type. */
export const HEAD_BYTES = 4_096;

/** Maximum size of an upload in bytes. */
export const MAX_UPLOAD_BYTES = 10 * 1024 * 1024;

interface MediaType {
  kind: 'image' | 'video' | 'file';
  /** Whether the first bytes of a file match the type. */
  matches: (head: Buffer) => boolean;
}

const begins =
  (...bytes: number[]) =>
  (head: Buffer) =>
    head.subarray(0, bytes.length).equals(Buffer.from(bytes));

const holds = (text: string, offset: number) => (head: Buffer) =>
  head.subarray(offset, offset + text.length).toString('latin1') === text;

/** The type of ISO base media files is their major brand (ISO/IEC 14496-12 §4.3). */
const ofBrand =
  (...brands: string[]) =>
  (head: Buffer) =>
    holds('ftyp', 4)(head) && brands.some((brand) => holds(brand, 8)(head));

const zip = begins(0x50, 0x4b, 0x03, 0x04);

/** All control characters except line breaks and tabs. */
const CONTROL = /(?![\t\n\v\f\r])\p{Cc}/u;

/** UTF-8 without control characters. The last character can be cut off. */
function isText(head: Buffer): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return !CONTROL.test(text);
  } catch {
    return false;
  }
}

/**
 * Accepted types of uploads. Each is recognized by a fixed number of first bytes. Types that cannot be recognized, and
 * types that can contain scripts (SVG, HTML), are not accepted.
 */
const TYPES = new Map<string, MediaType>([
  ['image/jpeg', { kind: 'image', matches: begins(0xff, 0xd8, 0xff) }],
  ['image/png', { kind: 'image', matches: begins(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a) }],
  ['image/gif', { kind: 'image', matches: (head) => holds('GIF87a', 0)(head) || holds('GIF89a', 0)(head) }],
  ['image/webp', { kind: 'image', matches: (head) => holds('RIFF', 0)(head) && holds('WEBP', 8)(head) }],
  ['image/avif', { kind: 'image', matches: ofBrand('avif', 'avis') }],
  [
    'video/mp4',
    {
      kind: 'video',
      matches: ofBrand('isom', 'iso2', 'iso4', 'iso5', 'iso6', 'mp41', 'mp42', 'avc1', 'M4V ', 'dash'),
    },
  ],
  ['video/quicktime', { kind: 'video', matches: ofBrand('qt  ') }],
  [
    'video/webm',
    {
      kind: 'video',
      matches: (head) => begins(0x1a, 0x45, 0xdf, 0xa3)(head) && head.subarray(0, 64).includes('webm'),
    },
  ],
  ['application/pdf', { kind: 'file', matches: holds('%PDF-', 0) }],
  ['application/zip', { kind: 'file', matches: zip }],
  ...['wordprocessingml.document', 'spreadsheetml.sheet', 'presentationml.presentation'].map(
    (name): [string, MediaType] => [
      `application/vnd.openxmlformats-officedocument.${name}`,
      { kind: 'file', matches: zip },
    ],
  ),
  ['text/plain', { kind: 'file', matches: isText }],
  ['text/csv', { kind: 'file', matches: isText }],
]);

/** Accepted types of uploads, by name. */
export const CONTENT_TYPES: readonly string[] = [...TYPES.keys()];

/** Whether files of a type are images: they are re-encoded before anybody sees them. */
export function isImage(contentType: string): boolean {
  return TYPES.get(contentType)?.kind === 'image';
}

/** Whether a use accepts a type. */
export function takes(accepts: Accepts, contentType: string): boolean {
  const kind = TYPES.get(contentType)?.kind;
  return (
    kind !== undefined &&
    (accepts === 'any' || kind === 'image' || (accepts === 'image-or-video' && kind === 'video'))
  );
}

/** @param head the first {@link HEAD_BYTES} of a file, or the whole file if it is shorter */
export function isOfType(contentType: string, head: Buffer): boolean {
  return TYPES.get(contentType)?.matches(head) ?? false;
}

/** Whether a browser may show a file of a type instead of saving it. */
export function isShown(contentType: string): boolean {
  return TYPES.get(contentType)?.kind !== 'file';
}
