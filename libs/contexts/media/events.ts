import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

/** A user may send a file. */
export const UploadRequested = defineEvent('media.upload-requested', 1, z.object({ ownerId: z.uuid() }));

/** The sizes of an image were made, or it turned out to be none that can be shown. */
export const ImageProcessed = defineEvent(
  'media.image-processed',
  1,
  z.object({ ownerId: z.uuid(), outcome: z.enum(['ready', 'failed']) }),
);

/** An upload is forgotten; its objects are still to be removed. */
export const UploadDiscarded = defineEvent(
  'media.upload-discarded',
  1,
  z.object({
    ownerId: z.uuid(),
    mediaKey: z.string(),
    /** Null for an upload that was never verified. */
    objectId: z.uuid().nullable(),
    reason: z.enum(['unused', 'ended', 'refused', 'erased']),
  }),
);

/** A part of the bucket is to be searched for objects that no upload has. */
export const OrphanSweepContinued = defineEvent(
  'media.orphan-sweep-continued',
  1,
  z.object({
    prefix: z.enum(['uploads/', 'media/']),
    /** Key that the part before ended with; empty for the first. */
    after: z.string(),
    /** Objects that were stored later are left alone: they may be about to be used. */
    olderThan: z.iso.datetime(),
  }),
);
