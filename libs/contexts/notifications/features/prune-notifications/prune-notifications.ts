import { Schedule, type Scheduled } from '@rookery/messaging';
import { NotificationSettings } from '../../settings';
import { Notifications } from '../../storage/notifications';

const BATCH_SIZE = 5_000;

/** Deletes old notifications. */
@Schedule('notifications.prune-notifications', { everySeconds: 60 })
export class PruneNotifications implements Scheduled {
  constructor(
    private readonly notifications: Notifications,
    private readonly settings: NotificationSettings,
  ) {}

  async run(): Promise<boolean> {
    return (await this.notifications.prune(this.settings.keepDays, BATCH_SIZE)) === BATCH_SIZE;
  }
}
