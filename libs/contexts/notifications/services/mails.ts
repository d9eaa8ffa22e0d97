import { defineMail, type MailPart } from '@rookery/mail';
import type { WebSettings } from '@rookery/web';
import type { Texts } from './texts';

const SAMPLE: Texts = {
  en: 'Ada Lovelace and 2 more liked “Swifts are back”',
  de: 'Ada Lovelace und 2 weitere: Ihr Beitrag „Swifts are back“ gefällt',
};

/** Where to find more: with a link if the app has a page for it. */
const WHERE_EN: MailPart[] = [
  { label: 'See your notifications', link: '{{link}}' },
  '{{#unless link}}You can find everything in the app, in your notifications.{{/unless}}',
];
const WHERE_DE: MailPart[] = [
  { label: 'Benachrichtigungen ansehen', link: '{{link}}' },
  '{{#unless link}}Alles Weitere steht in der App, bei Ihren Benachrichtigungen.{{/unless}}',
];

/** @returns URL of the notifications page of the app; empty without `APP_URL`, because the api has no such page */
export function inboxLink({ configuredAppUrl, appUrl }: WebSettings): string {
  return configuredAppUrl === '' ? '' : `${appUrl}/notifications`;
}

/** A single notification, mailed immediately. */
export const notificationMail = defineMail<{ name: string; text: Texts; link: string }>('notification', {
  transactional: false,
  sample: { name: 'Grace Hopper', text: SAMPLE, link: 'https://rookery.test/notifications' },
  en: {
    subject: '{{text.en}}',
    body: ['Hello {{name}},', '{{text.en}}.', ...WHERE_EN],
  },
  de: {
    subject: '{{text.de}}',
    body: ['Guten Tag, {{name}},', '{{text.de}}.', ...WHERE_DE],
  },
});

/** The notifications since the last digest. */
export const digestMail = defineMail<{
  name: string;
  items: Texts[];
  more: string;
  link: string;
}>('digest', {
  transactional: false,
  sample: { name: 'Grace Hopper', items: [SAMPLE], more: '3', link: 'https://rookery.test/notifications' },
  en: {
    subject: 'What happened on Rookery',
    body: [
      'Hello {{name}},',
      'this happened since the last mail:',
      { each: 'items', item: '{{en}}' },
      '{{#if more}}And {{more}} more.{{/if}}',
      ...WHERE_EN,
    ],
  },
  de: {
    subject: 'Was bei Rookery geschehen ist',
    body: [
      'Guten Tag, {{name}},',
      'das ist seit der letzten Mail geschehen:',
      { each: 'items', item: '{{de}}' },
      '{{#if more}}Und {{more}} weitere.{{/if}}',
      ...WHERE_DE,
    ],
  },
});
