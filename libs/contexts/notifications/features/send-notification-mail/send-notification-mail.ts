import { Clock, type EventOf } from '@rookery/domain';
import { Mail } from '@rookery/mail';
import { type Attempt, type Handles, Queues, Snooze, Subscriber } from '@rookery/messaging';
import { Transaction } from '@rookery/persistence';
import { WebSettings } from '@rookery/web';
import { Recipients } from '../../../identity/contract';
import { NotificationDue } from '../../events';
import type { KindName } from '../../model/kinds';
import { channelsOf } from '../../model/settings';
import { nextDigest, quietUntil } from '../../services/local-time';
import { inboxLink, notificationMail } from '../../services/mails';
import { textsOf } from '../../services/texts';
import { UnsubscribeLinks } from '../../services/unsubscribe-links';
import { Digests } from '../../storage/digests';
import { Notifications } from '../../storage/notifications';
import { StoredSettings } from '../../storage/settings';
import { Inboxes } from '../../views/inbox';

/**
 * Mails a notification immediately, if the user still wants that and has not read it meanwhile. In quiet hours the mail
 * waits. If the user has switched to digests, the notification goes into the next one.
 */
@Subscriber('notifications.send-notification-mail', NotificationDue, { queue: Queues.bulkMail })
export class SendNotificationMail implements Handles<typeof NotificationDue> {
  constructor(
    private readonly clock: Clock,
    private readonly digests: Digests,
    private readonly inboxes: Inboxes,
    private readonly links: UnsubscribeLinks,
    private readonly mail: Mail,
    private readonly notifications: Notifications,
    private readonly recipients: Recipients,
    private readonly settings: StoredSettings,
    private readonly transaction: Transaction,
    private readonly web: WebSettings,
  ) {}

  async handle({ data }: EventOf<typeof NotificationDue>, { key }: Attempt): Promise<void> {
    const { notificationId, userId, kind, channels } = data;
    if (!channels.includes('mail')) return;
    const [recipient] = await this.recipients.find([userId]);
    if (!recipient) return;
    const now = this.clock.now();
    const settings = await this.settings.ofOne(userId);
    const mode = channelsOf(settings, kind)?.mail;
    if (mode === 'digest') {
      const dueAt = nextDigest(settings, recipient.timeZone, now);
      return this.transaction.run(async () => {
        await this.notifications.keepForDigest(userId, notificationId);
        await this.digests.schedule([{ userId, dueAt }]);
      });
    }
    if (mode !== 'immediate') return;
    const until = quietUntil(settings, recipient.timeZone, now);
    if (until) throw new Snooze(until.getTime() - now.getTime());
    const [notification] = await this.inboxes.some(userId, [notificationId]);
    if (!notification || notification.readAt) return;
    const { email, name, language } = recipient;
    const link = inboxLink(this.web);
    const unsubscribe = this.links.of(userId, kind as KindName);
    await this.mail.send(email, notificationMail, { name, text: textsOf(notification), link }, key, {
      language,
      unsubscribe,
    });
  }
}
