import { Injectable } from '@nestjs/common';
import type { MediaUrls } from '../contract';
import { isImage } from '../model/media-types';
import { Bucket } from './bucket';
import { type Shown, Uploads } from './uploads';

/** Sizes of images: maximum width and height in pixels. */
export const SIZES = { small: 160, medium: 640, large: 2_048 } as const;
export type Size = keyof typeof SIZES;
export const SIZE_NAMES = Object.keys(SIZES) as Size[];

/** Media type of every size. */
export const SIZE_TYPE = 'image/webp';

/** Prefix that clients write to; never served. */
export const QUARANTINE = 'uploads/';
/** Prefix of verified objects; only this server writes to it. */
export const VERIFIED = 'media/';

/** @returns the key of the verified original file */
export function originalKey(objectId: string): string {
  return `${VERIFIED}${objectId}/original`;
}

/** @returns the key of one size of an image */
export function sizeKey(objectId: string, size: Size): string {
  return `${VERIFIED}${objectId}/${size}.webp`;
}

/** @returns the keys of all objects that an upload can have */
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
    // The original file is never shown, because it can contain the location of the camera.
    const large = this.bucket.downloadUrl(sizeKey(objectId, 'large'));
    if (state === 'processing')
      return { contentType: SIZE_TYPE, url: large, small: null, medium: null, large: null, state };
    const [small, medium] = (['small', 'medium'] as const).map((size) =>
      this.bucket.downloadUrl(sizeKey(objectId, size)),
    );
    return { contentType: SIZE_TYPE, url: large, small: small!, medium: medium!, large, state };
  }
}
