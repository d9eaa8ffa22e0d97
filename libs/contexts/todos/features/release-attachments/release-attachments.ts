import { Schedule, type Scheduled } from '@rookery/messaging';
import { MediaLibrary } from '../../../media/contract';
import { Attachments } from '../../storage/attachments';

const BATCH_SIZE = 100;

/** Tells the storage which files are no longer used because their todos are gone. */
@Schedule('todos.release-attachments', { everySeconds: 30 })
export class ReleaseAttachments implements Scheduled {
  constructor(
    private readonly attachments: Attachments,
    private readonly media: MediaLibrary,
  ) {}

  async run(): Promise<void> {
    for (const { mediaKey, use } of await this.attachments.takeOrphans(BATCH_SIZE))
      await this.media.detach(mediaKey, use);
  }
}
