import { Schedule, type Scheduled } from '@rookery/messaging';
import { StorySettings } from '../../settings';
import { Stories } from '../../storage/stories';

/** Rows of a table that one transaction removes. */
const BATCH_SIZE = 10_000;

/** Removes stories for good, some time after they were deleted. */
@Schedule('stories.purge-stories', { everySeconds: 60 })
export class PurgeStories implements Scheduled {
  constructor(
    private readonly settings: StorySettings,
    private readonly stories: Stories,
  ) {}

  async run(): Promise<boolean> {
    return (await this.stories.purge(this.settings.retentionDays, BATCH_SIZE)) > 0;
  }
}
