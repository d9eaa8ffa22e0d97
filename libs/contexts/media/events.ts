import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

/** A user has requested an upload and can send the file. */
export const UploadRequested = defineEvent('media.upload-requested', 1, z.object({ ownerId: z.uuid() }));

/** The sizes of an image were created, or the file is not an image that can be shown. */
export const ImageProcessed = defineEvent(
  'media.image-processed',
  1,
  z.object({ ownerId: z.uuid(), outcome: z.enum(['ready', 'failed']) }),
);

/** An upload was deleted; its objects must still be removed. */
export const UploadDiscarded = defineEvent(
  'media.upload-discarded',
  1,
  z.object({
    ownerId: z.uuid(),
    mediaKey: z.string(),
    /** Null if the upload was never verified. */
    objectId: z.uuid().nullable(),
    reason: z.enum(['unused', 'ended', 'refused', 'erased']),
  }),
);

/** A part of the bucket must be searched for objects without an upload. */
export const OrphanSweepContinued = defineEvent(
  'media.orphan-sweep-continued',
  1,
  z.object({
    prefix: z.enum(['uploads/', 'media/']),
    /** Last key of the previous part; empty for the first. */
    after: z.string(),
    /** Objects stored after this time are skipped: they can be about to be used. */
    olderThan: z.iso.datetime(),
  }),
);
