import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

/** An upload has arrived and matches its announcement. The subject is the id of the upload. */
export const UploadCompleted = defineEvent(
  'media.upload-completed',
  1,
  z.object({ ownerId: z.uuid(), contentType: z.string(), size: z.int() }),
);

/** All objects of an upload were removed from the storage. The subject is the id of the upload. */
export const ObjectRemoved = defineEvent('media.object-removed', 1, z.object({ ownerId: z.uuid() }));

/** URLs to show a media file. */
export interface MediaUrls {
  /** Media type of `url`. */
  contentType: string;
  /** For an image, its largest size. Links expire after at least `MEDIA_LINK_SECONDS`. */
  url: string;
  /**
   * For an image: at most 160, 640 and 2,048 pixels wide and high. Null for other files, and while the image is
   * processed.
   */
  small: string | null;
  medium: string | null;
  large: string | null;
  /** `processing`: the sizes of the image are being created; `url` returns 404 until they are ready. */
  state: 'processing' | 'ready';
}

/** What a caller accepts: `image`, `image-or-video`, or `any` file. */
export type Accepts = 'image' | 'image-or-video' | 'any';

/** Offered to other contexts: media of users by their keys. A key holds an id and nothing else about its owner. */
export abstract class MediaLibrary {
  /**
   * Verifies the size and the magic bytes of an upload of the user, unless it is already verified. Accesses the
   * storage: call it outside of a transaction (from the route, before the command).
   *
   * @returns the name that the upload was requested with, safe on any system
   * @throws Rejection `media.not-usable` for the field `mediaKey`, for uploads that are unknown, belong to another
   *   user, are missing, have a different size or a different type; `media.unavailable`
   */
  abstract verify(ownerId: string, mediaKey: string, accepts: Accepts): Promise<{ fileName: string }>;
  /**
   * In the caller's transaction: marks the verified upload as used by `use`, so that it is not removed. Idempotent.
   *
   * @param use what uses it, `stories:<id>`; unique in the system
   * @throws Rejection `media.not-usable`
   */
  abstract attach(ownerId: string, mediaKey: string, use: string): Promise<void>;
  /** In the caller's transaction: ends a use; the worker removes the objects when nothing uses them. Idempotent. */
  abstract detach(mediaKey: string, use: string): Promise<void>;
  /** @returns links by key, in one statement, without access to the storage. Leaves out missing and unusable keys */
  abstract urlsOf(mediaKeys: readonly string[]): Promise<Map<string, MediaUrls>>;
}
