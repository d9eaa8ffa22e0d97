import { Aggregate, type AggregateState, newId } from '@rookery/domain';
import { type Accepts, UploadCompleted } from '../contract';
import { ImageProcessed, UploadDiscarded, UploadRequested } from '../events';
import { safeFileName } from './file-name';
import { isImage, isOfType, takes } from './media-types';

/** The announcement of a file by a client. */
export interface UploadDraft {
  contentType: string;
  fileName: string;
  /** Bytes. */
  size: number;
}

export interface UploadState extends AggregateState, UploadDraft {
  ownerId: string;
  /** Key that the client writes to; the storage allows that until `expiresAt`. */
  mediaKey: string;
  /** `pending` until it is verified. An image is then `processing` until its sizes are created. */
  status: 'pending' | 'processing' | 'ready' | 'failed';
  /** Id of the verified copy, which clients cannot write. */
  objectId: string | null;
  createdAt: Date;
  expiresAt: Date;
  /** Since when it has been unused. Not meaningful while it is used. */
  unusedSince: Date;
}

/** Why an upload is deleted. */
export type DiscardReason = 'unused' | 'ended' | 'refused' | 'erased';

/** A file that a user sends to the storage, and its state. */
export class Upload extends Aggregate<UploadState> {
  static request(ownerId: string, draft: UploadDraft, now: Date, expiresAt: Date): Upload {
    const id = newId();
    const upload = new Upload({
      ...draft,
      fileName: safeFileName(draft.fileName),
      id,
      version: 0,
      ownerId,
      mediaKey: `uploads/${id}`,
      status: 'pending',
      objectId: null,
      createdAt: now,
      expiresAt,
      unusedSince: now,
    });
    upload.raise(UploadRequested, { ownerId });
    return upload;
  }

  get pending(): boolean {
    return this.state.status === 'pending';
  }

  get processing(): boolean {
    return this.state.status === 'processing';
  }

  get failed(): boolean {
    return this.state.status === 'failed';
  }

  get isImage(): boolean {
    return isImage(this.state.contentType);
  }

  /** Whether the owner can use it, as far as is known without access to the object. */
  mayBeUsed(ownerId: string, accepts: Accepts): boolean {
    return this.state.ownerId === ownerId && !this.failed && takes(accepts, this.state.contentType);
  }

  /**
   * @param size of the object in bytes
   * @param head its first bytes
   * @returns whether it matches the announcement
   */
  isAnnounced(size: number, head: Buffer): boolean {
    return size === this.state.size && isOfType(this.state.contentType, head);
  }

  /** @param objectId id of the verified copy */
  complete(objectId: string, now: Date): void {
    const { ownerId, contentType, size } = this.state;
    this.state.status = this.isImage ? 'processing' : 'ready';
    this.state.objectId = objectId;
    this.state.unusedSince = now;
    this.raise(UploadCompleted, { ownerId, contentType, size });
  }

  /** Records that the sizes of an image were created, or that this is not possible. */
  finishProcessing(outcome: 'ready' | 'failed'): void {
    this.state.status = outcome;
    this.raise(ImageProcessed, { ownerId: this.state.ownerId, outcome });
  }

  /** Raises the event of the deletion. The caller deletes the row; the worker removes the objects. */
  discard(reason: DiscardReason): void {
    const { ownerId, mediaKey, objectId } = this.state;
    this.raise(UploadDiscarded, { ownerId, mediaKey, objectId, reason });
  }
}
