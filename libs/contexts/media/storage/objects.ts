import { Injectable } from '@nestjs/common';
import type { MediaUrls } from '../contract';
import { isImage } from '../model/media-types';
import { Bucket } from './bucket';
import { type Shown, Uploads } from './uploads';

/** Sizes of images: maximum width and height in pixels. */
export const SIZES = { small: 160, medium: 640, large: 2_048 } as const;
export type Size = keyof typeof SIZES;
export const SIZE_NAMES = Object.keys(SIZES) as Size[];

/** Type of every size. */
export const SIZE_TYPE = 'image/webp';

/** Where clients write; nothing is served from here. */
export const QUARANTINE = 'uploads/';
/** What was verified; only we write here. */
export const VERIFIED = 'media/';

/** @returns the key of the verified file, as it was sent */
export function originalKey(objectId: string): string {
  return `${VERIFIED}${objectId}/original`;
}

/** @returns the key of one size of an image */
export function sizeKey(objectId: string, size: Size): string {
  return `${VERIFIED}${objectId}/${size}.webp`;
}

/** @returns the keys of all objects that an upload may have */
export function keysOf(mediaKey: string, objectId: string | null): string[] {
  if (objectId === null) return [mediaKey];
  return [mediaKey, originalKey(objectId), ...SIZE_NAMES.map((size) => sizeKey(objectId, size))];
}

/** Links to media. */
@Injectable()
export class Links {
  constructor(
    private readonly bucket: Bucket,
    private readonly uploads: Uploads,
  ) {}

  /** @see MediaLibrary.urlsOf */
  async of(mediaKeys: readonly string[]): Promise<Map<string, MediaUrls>> {
    if (mediaKeys.length === 0 || !this.bucket.configured) return new Map();
    const shown = await this.uploads.shown(mediaKeys);
    return new Map(shown.map((upload) => [upload.mediaKey, this.urlsOf(upload)]));
  }

  private urlsOf({ contentType, objectId, status: state }: Shown): MediaUrls {
    if (!isImage(contentType)) {
      const url = this.bucket.downloadUrl(originalKey(objectId));
      return { contentType, url, small: null, medium: null, large: null, state };
    }
    // The file as it was sent may say where it was taken: it is never shown.
    const large = this.bucket.downloadUrl(sizeKey(objectId, 'large'));
    if (state === 'processing')
      return { contentType: SIZE_TYPE, url: large, small: null, medium: null, large: null, state };
    const [small, medium] = (['small', 'medium'] as const).map((size) =>
      this.bucket.downloadUrl(sizeKey(objectId, size)),
    );
    return { contentType: SIZE_TYPE, url: large, small: small!, medium: medium!, large, state };
  }
}
