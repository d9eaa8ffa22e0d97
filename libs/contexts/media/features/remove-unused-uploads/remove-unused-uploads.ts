import { Schedule, type Scheduled } from '@rookery/messaging';
import { MediaSettings } from '../../settings';
import { Uploads } from '../../storage/uploads';

const BATCH_SIZE = 200;

/** Deletes uploads that have been unused for a day. Their objects are removed afterwards. */
@Schedule('media.remove-unused-uploads', { everySeconds: 60 })
export class RemoveUnusedUploads implements Scheduled {
  constructor(
    private readonly settings: MediaSettings,
    private readonly uploads: Uploads,
  ) {}

  async run(): Promise<boolean> {
    const ids = await this.uploads.lockUnused(this.settings.unusedSeconds, BATCH_SIZE);
    await this.uploads.discard(ids, 'unused');
    return ids.length === BATCH_SIZE;
  }
}
