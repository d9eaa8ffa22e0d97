import { defineContext } from '@rookery/application';
import { NotificationsPersonalData } from './personal-data';
import { Notify } from './services/notify';
import { NotificationSettings } from './settings';
import { Digests } from './storage/digests';
import { Notifications } from './storage/notifications';
import { StoredSettings } from './storage/settings';
import { Inboxes } from './views/inbox';

/** What users are told of what happened: inbox, settings and channels. */
export const notifications = defineContext('notifications', __dirname, {
  tags: { Notifications: 'Your inbox, and what you want to be told, where and when.' },
  requires: ['identity', 'social'],
  providers: [Digests, Inboxes, NotificationSettings, Notifications, Notify, StoredSettings],
  personalData: NotificationsPersonalData,
});
