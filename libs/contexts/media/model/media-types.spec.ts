import { png } from '../testing';
import { CONTENT_TYPES, HEAD_BYTES, isImage, isOfType, isShown, takes } from './media-types';

const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
  );

const HEADS: Record<string, Buffer> = {
  'image/jpeg': bytes([0xff, 0xd8, 0xff, 0xe0]),
  'image/png': png().subarray(0, 40),
  'image/gif': bytes('GIF89a', [1, 0, 1, 0]),
  'image/webp': bytes('RIFF', [0, 1, 0, 0], 'WEBPVP8 '),
  'image/avif': bytes([0, 0, 0, 32], 'ftypavif'),
  'video/mp4': bytes([0, 0, 0, 32], 'ftypisom'),
  'video/quicktime': bytes([0, 0, 0, 20], 'ftypqt  '),
  'video/webm': bytes([0x1a, 0x45, 0xdf, 0xa3], '....B..webm'),
  'application/pdf': bytes('%PDF-1.7\n'),
  'application/zip': bytes('PK', [3, 4]),
  'text/plain': Buffer.from('Grüße\n'),
};

describe('A media type', () => {
  it.each(Object.keys(HEADS))('recognizes %s by its first bytes, and no other type', (type) => {
    const recognized = Object.entries(HEADS).filter(([, head]) => isOfType(type, head));
    expect(recognized.map(([name]) => name)).toEqual(
      type === 'text/plain' ? ['application/pdf', type] : [type],
    );
  });

  it.each([
    ['HTML as an image', 'image/png', Buffer.from('<script>alert(1)</script>')],
    ['SVG as an image', 'image/jpeg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['a program as text', 'text/plain', bytes([0x7f], 'ELF', [2, 1, 1, 0])],
    ['half of a character in the middle of a text', 'text/plain', bytes('a', [0xc3], 'b')],
    ['Matroska as WebM', 'video/webm', bytes([0x1a, 0x45, 0xdf, 0xa3], 'matroska')],
    ['a HEIC as AVIF', 'image/avif', bytes([0, 0, 0, 32], 'ftypheic')],
    ['nothing', 'image/png', Buffer.alloc(0)],
  ])('is not %s', (_, type, head) => {
    expect(isOfType(type, head)).toBe(false);
  });

  it('accepts a text whose last character is cut off by the head', () => {
    expect(isOfType('text/plain', Buffer.from('é'.repeat(HEAD_BYTES)).subarray(0, HEAD_BYTES - 1))).toBe(
      true,
    );
  });

  it('is never one that browsers execute', () => {
    for (const type of ['image/svg+xml', 'text/html', 'application/javascript', 'text/xml', '__proto__'])
      expect([CONTENT_TYPES.includes(type), isOfType(type, Buffer.from('x')), takes('any', type)]).toEqual([
        false,
        false,
        false,
      ]);
  });

  it('matches the accepted types of a use', () => {
    const fitting = (accepts: 'image' | 'image-or-video' | 'any') =>
      ['image/gif', 'video/mp4', 'application/pdf'].filter((type) => takes(accepts, type));
    expect([fitting('image'), fitting('image-or-video'), fitting('any')]).toEqual([
      ['image/gif'],
      ['image/gif', 'video/mp4'],
      ['image/gif', 'video/mp4', 'application/pdf'],
    ]);
  });

  it('is shown by browsers when it is an image or a video, and saved otherwise', () => {
    expect(CONTENT_TYPES.filter((type) => isShown(type))).toEqual(
      CONTENT_TYPES.filter((type) => isImage(type) || type.startsWith('video/')),
    );
  });
});
