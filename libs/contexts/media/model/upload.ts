import { Aggregate, type AggregateState, newId } from '@rookery/domain';
import { type Accepts, UploadCompleted } from '../contract';
import { ImageProcessed, UploadDiscarded, UploadRequested } from '../events';
import { safeFileName } from './file-name';
import { isImage, isOfType, takes } from './media-types';

/** What a client wants to send. */
export interface UploadDraft {
  contentType: string;
  fileName: string;
  /** Bytes. */
  size: number;
}

export interface UploadState extends AggregateState, UploadDraft {
  ownerId: string;
  /** Where the client sends it; the storage lets it write there until `expiresAt`. */
  mediaKey: string;
  /** `pending` until it is verified; an image is then `processing` until it has sizes. */
  status: 'pending' | 'processing' | 'ready' | 'failed';
  /** Names the copy that was verified, which nobody outside can write. */
  objectId: string | null;
  createdAt: Date;
  expiresAt: Date;
  /** Since when it waits to be used; of no meaning while it is used. */
  unusedSince: Date;
}

/** Why an upload is forgotten. */
export type DiscardReason = 'unused' | 'ended' | 'refused' | 'erased';

/** A file that a user sends to the storage, and what became of it. */
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

  /** Whether the owner may use it, as far as is known without looking at the object. */
  mayBeUsed(ownerId: string, accepts: Accepts): boolean {
    return this.state.ownerId === ownerId && !this.failed && takes(accepts, this.state.contentType);
  }

  /**
   * @param size of the object in bytes
   * @param head its first bytes
   * @returns whether it is what was announced
   */
  isAnnounced(size: number, head: Buffer): boolean {
    return size === this.state.size && isOfType(this.state.contentType, head);
  }

  /** @param objectId of the copy that was verified */
  complete(objectId: string, now: Date): void {
    const { ownerId, contentType, size } = this.state;
    this.state.status = this.isImage ? 'processing' : 'ready';
    this.state.objectId = objectId;
    this.state.unusedSince = now;
    this.raise(UploadCompleted, { ownerId, contentType, size });
  }

  /** Records that the sizes of an image were made, or that they cannot be. */
  finishProcessing(outcome: 'ready' | 'failed'): void {
    this.state.status = outcome;
    this.raise(ImageProcessed, { ownerId: this.state.ownerId, outcome });
  }

  /** The caller removes it from storage; the worker removes its objects. */
  discard(reason: DiscardReason): void {
    const { ownerId, mediaKey, objectId } = this.state;
    this.raise(UploadDiscarded, { ownerId, mediaKey, objectId, reason });
  }
}
