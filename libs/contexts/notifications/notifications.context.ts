import { defineContext } from '@rookery/application';
import { TodoMailChoices } from '../todos/contract';
import { NotificationsPersonalData } from './personal-data';
import { Notify } from './services/notify';
import { TodoMails } from './services/todo-mails';
import { UnsubscribeLinks } from './services/unsubscribe-links';
import { Vapid } from './services/vapid';
import { NotificationSettings } from './settings';
import { Digests } from './storage/digests';
import { Notifications } from './storage/notifications';
import { PushSubscriptions } from './storage/push-subscriptions';
import { StoredSettings } from './storage/settings';
import { Inboxes } from './views/inbox';
import { Targets } from './views/targets';

/** Notifications of users: inbox, settings and channels. */
export const notifications = defineContext('notifications', __dirname, {
  tags: {
    Notifications: 'Your inbox, and settings for what you are notified of, where and when.',
    Mail: 'Addresses that get no mail, and reports of mail providers.',
  },
  permissions: { admin: ['ops:mail'] },
  rootPaths: ['unsubscribe', 'mail-previews', 'mail-previews/:name'],
  requires: ['identity', 'social', 'stories', 'tales', 'todos', 'workspaces'],
  offers: [{ provide: TodoMailChoices, useClass: TodoMails }],
  providers: [
    Digests,
    Inboxes,
    NotificationSettings,
    Notifications,
    Notify,
    PushSubscriptions,
    StoredSettings,
    Targets,
    UnsubscribeLinks,
    Vapid,
  ],
  personalData: NotificationsPersonalData,
});
