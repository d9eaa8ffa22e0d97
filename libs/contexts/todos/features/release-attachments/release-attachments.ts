import { Schedule, type Scheduled } from '@rookery/messaging';
import { MediaLibrary } from '../../../media/contract';
import { Attachments } from '../../storage/attachments';

const BATCH_SIZE = 100;

/** Releases files in the media library that are no longer used because their todos were deleted. */
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
