import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { png, pngWith } from '../testing';
import { resize } from './resize';

const MAX_PIXELS = 40_000_000;
const sizeOf = async (file: Buffer) => {
  const { format, width, height, pages } = await sharp(file).metadata();
  return { format, width, height, pages };
};

/** Left half red, right half blue. */
const halves = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: 'blue' } }).composite([
    {
      input: { create: { width: width / 2, height, channels: 3, background: 'red' } },
      gravity: 'west',
    },
  ]);

describe('The sizes of an image', () => {
  it('are WebP, at most 160, 640 and 2,048 pixels wide and high, with its proportions', async () => {
    const made = await resize(await halves(3_000, 1_000).jpeg().toBuffer(), MAX_PIXELS);
    expect(await sizeOf(made.small)).toMatchObject({ format: 'webp', width: 160, height: 53 });
    expect(await sizeOf(made.medium)).toMatchObject({ format: 'webp', width: 640, height: 213 });
    expect(await sizeOf(made.large)).toMatchObject({ format: 'webp', width: 2_048, height: 683 });
  });

  it('are never larger than the image', async () => {
    const made = await resize(png(200, 100), MAX_PIXELS);
    expect(await sizeOf(made.medium)).toMatchObject({ width: 200, height: 100 });
    expect(await sizeOf(made.large)).toMatchObject({ width: 200, height: 100 });
  });

  it('hold nothing but pixels, turned as the camera was held', async () => {
    const file = await halves(400, 200)
      .withExif({ IFD0: { Copyright: 'Ada', Make: 'Camera' }, IFD3: { GPSLatitude: '52/1 31/1 12/1' } })
      .withMetadata({ orientation: 6 })
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">secret</x:xmpmeta>')
      .jpeg()
      .toBuffer();
    const before = await sharp(file).metadata();
    expect([before.orientation, before.exif !== undefined, before.xmp !== undefined]).toEqual([
      6,
      true,
      true,
    ]);
    for (const made of Object.values(await resize(file, MAX_PIXELS))) {
      const { exif, xmp, iptc, icc, orientation, width, height } = await sharp(made).metadata();
      expect([exif, xmp, iptc, icc, orientation]).toEqual(Array(5).fill(undefined));
      expect(height / width).toBe(2);
      // What was on the left is on top now.
      const { data } = await sharp(made).extract({ left: 5, top: 5, width: 1, height: 1 }).raw().toBuffer({
        resolveWithObject: true,
      });
      expect(data[0]).toBeGreaterThan(200);
      expect(data[2]).toBeLessThan(50);
    }
  });

  it('keep transparency, and of an animation the first frame', async () => {
    const frames = ['red', 'blue'].map((background) => ({
      create: { width: 60, height: 40, channels: 4 as const, background },
    }));
    const gif = await sharp(await Promise.all(frames.map((input) => sharp(input).png().toBuffer())), {
      join: { animated: true },
    })
      .gif()
      .toBuffer();
    expect((await sizeOf(gif)).pages).toBe(2);
    const { large } = await resize(gif, MAX_PIXELS);
    expect(await sizeOf(large)).toEqual({ format: 'webp', width: 60, height: 40, pages: undefined });
    const clear = await sharp({
      create: { width: 50, height: 50, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
    })
      .png()
      .toBuffer();
    expect((await sharp((await resize(clear, MAX_PIXELS)).small).metadata()).hasAlpha).toBe(true);
  });

  it('are not made of a decompression bomb: it is refused by what its header says', async () => {
    // Nine hundred million pixels in less than a megabyte.
    const bomb = pngWith(30_000, 30_000, deflateSync(Buffer.alloc(900_030_000 / 30)));
    expect(bomb.length).toBeLessThan(1_000_000);
    const before = process.memoryUsage().rss;
    await expect(resize(bomb, MAX_PIXELS)).rejects.toThrow(/pixel/);
    expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000);
    await expect(resize(png(1_001, 1_000), 1_000_000)).rejects.toThrow(/pixel/);
    await expect(resize(png(1_000, 1_000), 1_000_000)).resolves.toBeDefined();
  });

  it.each([
    [
      'SVG',
      Buffer.from(
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>',
      ),
    ],
    ['text', Buffer.from('hello')],
    ['half a PNG', png(500, 500).subarray(0, 300)],
    ['a TIFF', Buffer.from([0x49, 0x49, 0x2a, 0, 8, 0, 0, 0, 0, 0])],
    ['nothing', Buffer.alloc(1)],
  ])('are not made of %s', async (_, file) => {
    await expect(resize(file, MAX_PIXELS)).rejects.toThrow(/unsupported|Input|libpng/);
  });
});
