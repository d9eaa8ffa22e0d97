import { Schedule, type Scheduled } from '@rookery/messaging';
import { WebhookSettings } from '../../settings';
import { WebhookDeliveries } from '../../storage/deliveries';

const BATCH_SIZE = 1_000;

/** Deletes the log of deliveries after `WEBHOOK_LOG_DAYS`, at night. */
@Schedule('webhooks.prune-deliveries', { cron: '* 3-4 * * *' })
export class PruneDeliveries implements Scheduled {
  constructor(
    private readonly deliveries: WebhookDeliveries,
    private readonly settings: WebhookSettings,
  ) {}

  async run(): Promise<boolean> {
    return (await this.deliveries.prune(this.settings.logDays, BATCH_SIZE)) === BATCH_SIZE;
  }
}
