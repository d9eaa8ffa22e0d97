import type { Sharp, SharpInput } from 'sharp';
import { type Size, SIZE_NAMES, SIZES } from '../storage/objects';

/** Maximum CPU seconds for one image. */
const TIMEOUT_SECONDS = 10;
const QUALITY = 80;

/** Decoders of the accepted types. All other decoders of libvips, such as SVG and PDF, are disabled. */
const DECODERS = ['Jpeg', 'Png', 'Nsgif', 'Webp', 'Heif'].map((name) => `VipsForeignLoad${name}`);

type SharpModule = (input?: SharpInput, options?: object) => Sharp;

let loaded: Promise<SharpModule> | undefined;

/** Loaded on first use: the api never needs it. */
async function load(): Promise<SharpModule> {
  const { default: sharp } = await import('sharp');
  sharp.cache(false);
  sharp.concurrency(1);
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: DECODERS });
  return sharp;
}

/**
 * Creates the sizes of an image: rotated as the EXIF orientation says, in sRGB, only the first frame of an animation,
 * and without metadata (EXIF, location, thumbnail, comments).
 *
 * @param file the original file
 * @param maxPixels an image with more pixels in its header is rejected before it is decoded
 * @returns WebP files by size; none is larger than the original
 * @throws Error if it is not an image that can be shown, has too many pixels, or takes too long
 */
export async function resize(file: Buffer, maxPixels: number): Promise<Record<Size, Buffer>> {
  const sharp = await (loaded ??= load());
  const { large } = SIZES;
  const { data, info } = await sharp(file, { limitInputPixels: maxPixels, failOn: 'error', pages: 1 })
    .timeout({ seconds: TIMEOUT_SECONDS })
    .autoOrient()
    .resize({ width: large, height: large, fit: 'inside', withoutEnlargement: true })
    .toColorspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const made = {} as Record<Size, Buffer>;
  for (const name of SIZE_NAMES) {
    made[name] = await sharp(data, { raw: { width, height, channels } })
      .timeout({ seconds: TIMEOUT_SECONDS })
      .resize({ width: SIZES[name], height: SIZES[name], fit: 'inside', withoutEnlargement: true })
      .webp({ quality: QUALITY })
      .toBuffer();
  }
  return made;
}
