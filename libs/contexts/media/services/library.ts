import { Injectable, Logger } from '@nestjs/common';
import { Clock, newId, Rejection } from '@rookery/domain';
import { counter } from '@rookery/observability';
import { Transaction } from '@rookery/persistence';
import { type Accepts, MediaLibrary, type MediaUrls } from '../contract';
import { HEAD_BYTES, isShown } from '../model/media-types';
import { MediaNotUsable, MediaUnavailable } from '../model/rejections';
import type { Upload } from '../model/upload';
import { Bucket, StorageUnavailable } from '../storage/bucket';
import { Links, originalKey } from '../storage/objects';
import { Uploads } from '../storage/uploads';

const verifications = counter({
  name: 'rookery_media_verifications_total',
  help: 'Uploads that were verified before their first use, by outcome: verified, missing, refused (does not match the announcement).',
  labels: ['outcome'],
});

/** The media of all users. */
@Injectable()
export class Library extends MediaLibrary {
  private readonly log = new Logger('Media');

  constructor(
    private readonly bucket: Bucket,
    private readonly clock: Clock,
    private readonly links: Links,
    private readonly transaction: Transaction,
    private readonly uploads: Uploads,
  ) {
    super();
  }

  override async verify(ownerId: string, mediaKey: string, accepts: Accepts): Promise<{ fileName: string }> {
    if (this.transaction.active)
      throw new Error('Call MediaLibrary.verify before the transaction: the storage is slow.');
    const upload = await this.uploads.find({ mediaKey });
    if (!upload?.mayBeUsed(ownerId, accepts)) throw new Rejection(MediaNotUsable);
    const { fileName } = upload.snapshot();
    if (!upload.pending) return { fileName };
    try {
      await this.promote(upload, mediaKey);
      return { fileName };
    } catch (error) {
      if (error instanceof StorageUnavailable) throw new Rejection(MediaUnavailable);
      throw error;
    }
  }

  /**
   * The client can replace the object until the upload expires. So the object is first copied to a key that only this
   * server writes, and the copy is verified: the served object is the verified one. Concurrent verifications each
   * create a copy, and one copy is kept.
   */
  private async promote(upload: Upload, mediaKey: string): Promise<void> {
    const { contentType, fileName } = upload.snapshot();
    const objectId = newId();
    const key = originalKey(objectId);
    const served = { contentType, ...(!isShown(contentType) && { fileName }) };
    const object = (await this.bucket.copy(mediaKey, key, served))
      ? await this.bucket.head(key, HEAD_BYTES)
      : undefined;
    if (!object) {
      verifications.inc({ outcome: 'missing' });
      throw new Rejection(MediaNotUsable);
    }
    const announced = upload.isAnnounced(object.size, object.head);
    verifications.inc({ outcome: announced ? 'verified' : 'refused' });
    const kept = await this.transaction.run(() => this.record(upload.id, announced ? objectId : null));
    if (!kept) await this.removeCopy(key);
    if (!announced) throw new Rejection(MediaNotUsable);
  }

  /** @returns whether this copy is kept */
  private async record(id: string, objectId: string | null): Promise<boolean> {
    const upload = await this.uploads.lockExisting(id);
    if (!upload?.pending) return false;
    if (objectId === null) {
      upload.discard('refused');
      await this.uploads.remove(upload);
      return false;
    }
    upload.complete(objectId, this.clock.now());
    await this.uploads.save(upload);
    return true;
  }

  /** The nightly sweep removes a copy that is left behind. */
  private async removeCopy(key: string): Promise<void> {
    await this.bucket.remove(key).catch((error: Error) => this.log.warn(`A copy is left: ${error.message}`));
  }

  override async attach(ownerId: string, mediaKey: string, use: string): Promise<void> {
    if (!(await this.uploads.attach(ownerId, mediaKey, use))) throw new Rejection(MediaNotUsable);
  }

  override async detach(mediaKey: string, use: string): Promise<void> {
    await this.uploads.detach(mediaKey, use);
  }

  override urlsOf(mediaKeys: readonly string[]): Promise<Map<string, MediaUrls>> {
    return this.links.of(mediaKeys);
  }
}
