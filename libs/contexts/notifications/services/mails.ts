import { defineMail } from '@rookery/mail';
import type { NotificationView } from '../views/inbox';

/** A notification as mails say it. */
export interface MailedNotification {
  who: string;
  /** Besides them. */
  others: number;
  isFollow: boolean;
  isLike: boolean;
  isComment: boolean;
  title: string;
}

const SAMPLE: MailedNotification = {
  who: 'Ada Lovelace',
  others: 2,
  isFollow: false,
  isLike: true,
  isComment: false,
  title: 'Swifts are back',
};

const EN = `{{who}}{{#if others}} and {{others}} more{{/if}} {{#if isFollow}}now follow you{{/if}}{{#if isLike}}liked “{{title}}”{{/if}}{{#if isComment}}commented on “{{title}}”{{/if}}`;
const DE = `{{who}}{{#if others}} und {{others}} weitere{{/if}}: {{#if isFollow}}folgt Ihnen jetzt{{/if}}{{#if isLike}}„{{title}}“ gefällt ihnen{{/if}}{{#if isComment}}Kommentar zu „{{title}}“{{/if}}`;

/** One notification, at once. */
export const notificationMail = defineMail<MailedNotification & { name: string; link: string }>(
  'notification',
  {
    transactional: false,
    sample: { ...SAMPLE, name: 'Grace Hopper', link: 'https://rookery.test/notifications' },
    en: {
      subject: EN,
      body: ['Hello {{name}},', `${EN}.`, { label: 'See your notifications', link: '{{link}}' }],
    },
    de: {
      subject: DE,
      body: ['Guten Tag, {{name}},', `${DE}.`, { label: 'Benachrichtigungen ansehen', link: '{{link}}' }],
    },
  },
);

/** What has happened since the last digest. */
export const digestMail = defineMail<{
  name: string;
  items: MailedNotification[];
  more: number;
  link: string;
}>('digest', {
  transactional: false,
  sample: { name: 'Grace Hopper', items: [SAMPLE], more: 3, link: 'https://rookery.test/notifications' },
  en: {
    subject: 'What happened on Rookery',
    body: [
      'Hello {{name}},',
      'this happened since you were last told:',
      { each: 'items', item: EN },
      '{{#if more}}And {{more}} more.{{/if}}',
      { label: 'See your notifications', link: '{{link}}' },
    ],
  },
  de: {
    subject: 'Was bei Rookery geschehen ist',
    body: [
      'Guten Tag, {{name}},',
      'das ist seit der letzten Mail geschehen:',
      { each: 'items', item: DE },
      '{{#if more}}Und {{more}} weitere.{{/if}}',
      { label: 'Benachrichtigungen ansehen', link: '{{link}}' },
    ],
  },
});

/** @returns a notification as mails say it */
export function mailed({ kind, actors, actorsCount, post }: NotificationView): MailedNotification {
  return {
    who: actors[0]?.name ?? '…',
    others: Math.max(0, actorsCount - 1),
    isFollow: kind === 'follow',
    isLike: kind === 'like',
    isComment: kind === 'comment',
    title: post?.title ?? '',
  };
}
