import { Injectable } from '@nestjs/common';
import { type TodoMail, TodoMailChoices } from '../../todos/contract';
import type { KindName } from '../model/kinds';
import { channelsOf } from '../model/settings';
import { StoredSettings } from '../storage/settings';
import { UnsubscribeLinks } from './unsubscribe-links';

const KIND_OF: Record<TodoMail, KindName> = {
  'due-soon': 'todoDueSoon',
  overdue: 'todoOverdue',
  'weekly-report': 'weeklyReport',
};

/** Todos are mailed by their own context, to those who want these mails at once. */
@Injectable()
export class TodoMails extends TodoMailChoices {
  constructor(
    private readonly links: UnsubscribeLinks,
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
}
