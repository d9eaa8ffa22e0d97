import type { EventOf } from '@rookery/domain';
import { type Handles, Subscriber } from '@rookery/messaging';
import { Outbox, Transaction, violatedUnique } from '@rookery/persistence';
import { ObjectRemoved } from '../../contract';
import { UploadDiscarded } from '../../events';
import { objects } from '../../queues';
import { Bucket } from '../../storage/bucket';
import { keysOf } from '../../storage/objects';

/**
 * Removes the objects of a deleted upload. The sweep of the bucket finds objects that a dead delivery leaves behind.
 */
@Subscriber('media.remove-objects', UploadDiscarded, { queue: objects })
export class RemoveObjects implements Handles<typeof UploadDiscarded> {
  constructor(
    private readonly bucket: Bucket,
    private readonly outbox: Outbox,
    private readonly transaction: Transaction,
  ) {}

  async handle({ subject, sequence, data }: EventOf<typeof UploadDiscarded>): Promise<void> {
    if (!this.bucket.configured) return;
    await this.bucket.remove(...keysOf(data.mediaKey, data.objectId));
    // The upload is deleted, so this is its last event. It is stored only once, even if this runs several times.
    const removed = {
      definition: ObjectRemoved,
      subject,
      sequence: sequence + 1,
      data: { ownerId: data.ownerId },
    };
    await this.transaction
      .run(() => this.outbox.append([removed]))
      .catch((error: unknown) => {
        if (violatedUnique(error) !== 'outbox_subject_sequence_key') throw error;
      });
  }
}
