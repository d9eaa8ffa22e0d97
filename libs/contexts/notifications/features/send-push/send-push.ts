import { createHash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { Clock, type EventOf } from '@rookery/domain';
import { mailLanguage } from '@rookery/mail';
import { type Handles, Queues, Snooze, Subscriber } from '@rookery/messaging';
import { counter } from '@rookery/observability';
import { Lanes, OutboundFailure, OutboundHttp } from '@rookery/outbound-http';
import { Transaction } from '@rookery/persistence';
import { Recipients } from '../../../identity/contract';
import { NotificationDue } from '../../events';
import { channelsOf } from '../../model/settings';
import { quietUntil } from '../../services/local-time';
import { Vapid } from '../../services/vapid';
import { PushSubscriptions, type StoredDevice } from '../../storage/push-subscriptions';
import { textsOf } from '../../services/texts';
import { StoredSettings } from '../../storage/settings';
import { Inboxes } from '../../views/inbox';

/** Seconds for which a push service keeps a message for a device that is off. */
const TTL_SECONDS = 86_400;

const pushes = counter({
  name: 'rookery_push_messages_total',
  help: 'Push messages, by outcome: sent, gone (the device has unsubscribed), refused, failed (will be retried).',
  labels: ['outcome'],
});

/** Outcome of a message. */
type Outcome = 'sent' | 'gone' | 'refused' | 'failed';

/**
 * Sends notifications to devices, encrypted for each. Nothing is sent if it was read or turned off meanwhile. In quiet
 * hours the messages wait.
 */
@Subscriber('notifications.send-push', NotificationDue, { queue: Queues.push })
export class SendPush implements Handles<typeof NotificationDue> {
  private readonly lanes = new Lanes();
  private readonly log = new Logger(SendPush.name);

  constructor(
    private readonly clock: Clock,
    private readonly http: OutboundHttp,
    private readonly inboxes: Inboxes,
    private readonly recipients: Recipients,
    private readonly settings: StoredSettings,
    private readonly subscriptions: PushSubscriptions,
    private readonly transaction: Transaction,
    private readonly vapid: Vapid,
  ) {}

  async handle({ data }: EventOf<typeof NotificationDue>): Promise<void> {
    const { notificationId, userId, kind, channels } = data;
    if (!channels.includes('push')) return;
    const [recipient] = await this.recipients.find([userId]);
    const devices = await this.subscriptions.waitingFor(userId, notificationId);
    if (!recipient || devices.length === 0) return;
    const settings = await this.settings.ofOne(userId);
    if (!channelsOf(settings, kind)?.push) return;
    const now = this.clock.now();
    const until = quietUntil(settings, recipient.timeZone, now);
    if (until) throw new Snooze(until.getTime() - now.getTime());
    const [notification] = await this.inboxes.some(userId, [notificationId]);
    if (!notification || notification.readAt) return;
    const { target } = notification;
    const text = textsOf(notification)[mailLanguage(recipient.language)];
    const payload = JSON.stringify({
      notificationId,
      kind,
      text,
      target: { type: target.type, id: target.id },
    });
    // Users choose the endpoints: one that does not respond must not delay the messages of other users.
    const leave = this.lanes.enter({ endpoint: userId, owner: userId, host: userId });
    if (typeof leave === 'number') throw new Snooze(leave);
    const started = performance.now();
    const outcomes = await Promise.all(
      devices.map((device) => this.send(device, payload, notificationId)),
    ).finally(() => leave(performance.now() - started));
    for (const outcome of outcomes) pushes.inc({ outcome });
    const gone = devices.filter((_, index) => outcomes[index] === 'gone');
    const over = devices.filter((_, index) => outcomes[index] === 'sent' || outcomes[index] === 'refused');
    const again = outcomes.includes('failed');
    if (gone.length > 0 || (again && over.length > 0)) {
      await this.transaction.run(async () => {
        for (const { id } of gone) await this.subscriptions.remove(userId, id);
        if (again)
          await this.subscriptions.pushed(
            userId,
            notificationId,
            over.map(({ id }) => id),
          );
      });
    }
    // With the same topic a push service replaces a message that is not delivered yet, so a retry does not ring twice.
    if (again) throw new Error('A push service could not be reached, or asked to retry later.');
  }

  private async send(device: StoredDevice, payload: string, notificationId: string): Promise<Outcome> {
    const { generateRequestDetails } = (await import('web-push')).default;
    const { endpoint, p256dh, auth } = device;
    const details = generateRequestDetails({ endpoint, keys: { p256dh, auth } }, payload, {
      vapidDetails: this.vapid,
      TTL: TTL_SECONDS,
      topic: createHash('sha256').update(notificationId).digest('base64url').slice(0, 32),
    });
    try {
      const { status } = await this.http.post({
        url: endpoint,
        headers: Object.fromEntries(
          Object.entries(details.headers).map(([name, value]) => [name, String(value)]),
        ),
        body: details.body,
      });
      if (status < 300) return 'sent';
      if (status === 404 || status === 410) return 'gone';
      if (status === 429 || status >= 500) return 'failed';
      this.log.warn(`${new URL(endpoint).host} refused a push message with status ${status}.`);
      return 'refused';
    } catch (error) {
      if (error instanceof OutboundFailure) return error.reason === 'blocked' ? 'refused' : 'failed';
      throw error;
    }
  }
}
