import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

/** An upload arrived and is what it was announced to be. The subject is the id of the upload. */
export const UploadCompleted = defineEvent(
  'media.upload-completed',
  1,
  z.object({ ownerId: z.uuid(), contentType: z.string(), size: z.int() }),
);

/** Every object of an upload is gone from the storage. The subject is the id of the upload. */
export const ObjectRemoved = defineEvent('media.object-removed', 1, z.object({ ownerId: z.uuid() }));

/** How to show a medium. */
export interface MediaUrls {
  /** Of what `url` answers. */
  contentType: string;
  /** Of an image its largest size. Links end after some time, at the earliest after `MEDIA_LINK_SECONDS`. */
  url: string;
  /** Of an image: at most 160, 640 and 2,048 pixels wide and high. Null for anything else, and while it is processed. */
  small: string | null;
  medium: string | null;
  large: string | null;
  /** `processing`: an image whose sizes are being made; its `url` answers 404 for a moment. */
  state: 'processing' | 'ready';
}

/** What a caller takes: `image`, `image-or-video`, or `any` file. */
export type Accepts = 'image' | 'image-or-video' | 'any';

/** Offered to other contexts: media of users by their keys. A key holds an id and nothing else about its owner. */
export abstract class MediaLibrary {
  /**
   * Verifies an upload of the user (size, magic bytes) where that has not been done yet. Talks to the storage: call it
   * outside of a transaction (from the route, before the command).
   *
   * @throws Rejection `media.not-usable` for the field `mediaKey`, for unknown, foreign, missing, oversized or lying
   *   ones alike; `media.unavailable`
   */
  abstract verify(ownerId: string, mediaKey: string, accepts: Accepts): Promise<void>;
  /**
   * In the caller's transaction: the verified upload is used by `use` from now on and is not removed. Idempotent.
   *
   * @param use what uses it, `stories:<id>`; unique in the system
   * @throws Rejection `media.not-usable`
   */
  abstract attach(ownerId: string, mediaKey: string, use: string): Promise<void>;
  /** In the caller's transaction: ends a use; the worker removes the objects when nothing uses them. Idempotent. */
  abstract detach(mediaKey: string, use: string): Promise<void>;
  /** @returns links to show, by key, without asking the storage, in one statement. Missing and unusable keys are left out */
  abstract urlsOf(mediaKeys: readonly string[]): Promise<Map<string, MediaUrls>>;
}
