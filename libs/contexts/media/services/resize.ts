import type { Sharp, SharpInput } from 'sharp';
import { type Size, SIZE_NAMES, SIZES } from '../storage/objects';

/** Seconds of computing for one picture. */
const TIMEOUT_SECONDS = 10;
const QUALITY = 80;

/** Decoders of the types that are accepted. All others of libvips, such as those of SVG and PDF, are switched off. */
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
 * Makes the sizes of an image: turned as the camera was held, in sRGB, the first frame of an animation, and without
 * anything but pixels: no EXIF, no position, no thumbnail, no comment.
 *
 * @param file as it was sent
 * @param maxPixels a picture that says it has more is refused before it is decoded
 * @returns WebP files by size; none is larger than the picture
 * @throws Error if it is no picture that can be shown, has too many pixels, or takes too long
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
