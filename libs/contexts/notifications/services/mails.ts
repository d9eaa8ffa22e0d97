import { defineMail } from '@rookery/mail';
import type { Texts } from './texts';

const SAMPLE: Texts = {
  en: 'Ada Lovelace and 2 more liked “Swifts are back”',
  de: 'Ada Lovelace und 2 weitere: Ihr Beitrag „Swifts are back“ gefällt',
};

/** One notification, at once. */
export const notificationMail = defineMail<{ name: string; text: Texts; link: string }>('notification', {
  transactional: false,
  sample: { name: 'Grace Hopper', text: SAMPLE, link: 'https://rookery.test/notifications' },
  en: {
    subject: '{{text.en}}',
    body: ['Hello {{name}},', '{{text.en}}.', { label: 'See your notifications', link: '{{link}}' }],
  },
  de: {
    subject: '{{text.de}}',
    body: ['Guten Tag, {{name}},', '{{text.de}}.', { label: 'Benachrichtigungen ansehen', link: '{{link}}' }],
  },
});

/** What has happened since the last digest. */
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
      'this happened since you were last told:',
      { each: 'items', item: '{{en}}' },
      '{{#if more}}And {{more}} more.{{/if}}',
      { label: 'See your notifications', link: '{{link}}' },
    ],
  },
  de: {
    subject: 'Was bei Rookery geschehen ist',
    body: [
      'Guten Tag, {{name}},',
      'das ist seit der letzten Mail geschehen:',
      { each: 'items', item: '{{de}}' },
      '{{#if more}}Und {{more}} weitere.{{/if}}',
      { label: 'Benachrichtigungen ansehen', link: '{{link}}' },
    ],
  },
});
