import { Logger } from '@nestjs/common';
import type { EventOf } from '@rookery/domain';
import { type Attempt, type Handles, Subscriber } from '@rookery/messaging';
import { counter, histogram } from '@rookery/observability';
import { Transaction } from '@rookery/persistence';
import { UploadCompleted } from '../../contract';
import { MAX_UPLOAD_BYTES } from '../../model/media-types';
import type { Upload } from '../../model/upload';
import { objects } from '../../queues';
import { resize } from '../../services/resize';
import { MediaSettings } from '../../settings';
import { Bucket } from '../../storage/bucket';
import { originalKey, type Size, SIZE_NAMES, SIZE_TYPE, sizeKey } from '../../storage/objects';
import { Uploads } from '../../storage/uploads';

const processed = counter({
  name: 'rookery_media_images_total',
  help: 'Processed images, by outcome: ready, or failed (cannot be shown).',
  labels: ['outcome'],
});
const seconds = histogram({
  name: 'rookery_media_image_duration_seconds',
  help: 'Time in seconds to create the sizes of an image.',
});

/** Creates the sizes of an image, then removes the original file, which can contain the location of the camera. */
@Subscriber('media.process-image', UploadCompleted, { queue: objects })
export class ProcessImage implements Handles<typeof UploadCompleted> {
  private readonly log = new Logger(ProcessImage.name);

  constructor(
    private readonly bucket: Bucket,
    private readonly settings: MediaSettings,
    private readonly transaction: Transaction,
    private readonly uploads: Uploads,
  ) {}

  async handle({ subject }: EventOf<typeof UploadCompleted>, { signal }: Attempt): Promise<void> {
    const upload = await this.uploads.find({ id: subject });
    if (!upload) return; // the deletion of the upload also removes its objects
    const { mediaKey, objectId } = upload.snapshot();
    if (upload.processing) await this.process(upload, objectId!, signal);
    await this.bucket.remove(mediaKey, ...(upload.isImage ? [originalKey(objectId!)] : []));
  }

  private async process({ id }: Upload, objectId: string, signal: AbortSignal): Promise<void> {
    const file = await this.bucket.read(originalKey(objectId), MAX_UPLOAD_BYTES, signal);
    const sizes = file && (await this.sizesOf(id, file));
    const outcome = sizes ? 'ready' : 'failed';
    if (sizes) {
      for (const size of SIZE_NAMES)
        await this.bucket.write(sizeKey(objectId, size), sizes[size], { contentType: SIZE_TYPE }, signal);
    }
    const recorded = await this.transaction.run(async () => {
      const upload = await this.uploads.lockExisting(id);
      if (!upload?.processing) return upload !== undefined;
      upload.finishProcessing(outcome);
      await this.uploads.save(upload);
      processed.inc({ outcome });
      return true;
    });
    if (!recorded) await this.bucket.remove(...SIZE_NAMES.map((size) => sizeKey(objectId, size)));
  }

  /** @returns undefined if the file is not an image that can be shown; a retry would not help */
  private async sizesOf(id: string, file: Buffer): Promise<Record<Size, Buffer> | undefined> {
    const end = seconds.startTimer();
    try {
      return await resize(file, this.settings.maxPixels);
    } catch (error) {
      this.log.warn(`The image of upload ${id} cannot be shown: ${(error as Error).message}`);
      return undefined;
    } finally {
      end();
    }
  }
}
