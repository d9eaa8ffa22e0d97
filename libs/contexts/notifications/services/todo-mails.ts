import { Injectable } from '@nestjs/common';
import { Clock } from '@rookery/domain';
import { Recipients } from '../../identity/contract';
import { type TodoMail, TodoMailChoices } from '../../todos/contract';
import type { KindName } from '../model/kinds';
import { channelsOf, wantsDigests } from '../model/settings';
import { Digests } from '../storage/digests';
import { Notifications } from '../storage/notifications';
import { StoredSettings } from '../storage/settings';
import { nextDigest } from './local-time';
import { UnsubscribeLinks } from './unsubscribe-links';

const KIND_OF: Record<TodoMail, KindName> = {
  'due-soon': 'todoDueSoon',
  overdue: 'todoOverdue',
  'weekly-report': 'weeklyReport',
};

/** The choices of users about mails of the todos context, which sends them to users with the mail mode `immediate`. */
@Injectable()
export class TodoMails extends TodoMailChoices {
  constructor(
    private readonly clock: Clock,
    private readonly digests: Digests,
    private readonly links: UnsubscribeLinks,
    private readonly notifications: Notifications,
    private readonly recipients: Recipients,
    private readonly settings: StoredSettings,
  ) {
    super();
  }

  override async linksOf(
    userId: string,
    mail: TodoMail,
  ): Promise<{ post: string; page: string } | undefined> {
    const kind = KIND_OF[mail];
    const isWanted = channelsOf(await this.settings.ofOne(userId), kind).mail === 'immediate';
    return isWanted ? this.links.of(userId, kind) : undefined;
  }

  override async keepForDigest(
    userId: string,
    mail: TodoMail,
    todos: readonly { id: string; workspaceId: string }[],
  ): Promise<void> {
    const kind = KIND_OF[mail];
    const settings = await this.settings.ofOne(userId);
    if (channelsOf(settings, kind).inApp || !wantsDigests(settings)) return;
    const [recipient] = await this.recipients.find([userId]);
    if (!recipient) return;
    const now = this.clock.now();
    const about = todos.map(({ id: targetId, workspaceId: scopeId }) => ({ targetId, scopeId }));
    await this.notifications.addForDigest(userId, kind, about, now);
    await this.digests.schedule([{ userId, dueAt: nextDigest(settings, recipient.timeZone, now) }]);
  }
}
