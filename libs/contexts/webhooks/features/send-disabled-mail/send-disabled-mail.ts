import type { EventOf } from '@rookery/domain';
import { defineMail, Mail } from '@rookery/mail';
import { type Attempt, type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';
import { Recipients } from '../../../identity/contract';
import { WebhookDisabled } from '../../events';

interface Told {
  name: string;
  host: string;
  id: string;
}

const sample: Told = {
  name: 'Ada Lovelace',
  host: 'hooks.example.com',
  id: '0199f3c0-7f5e-7cc1-a3ff-5c7c8c1d2e3f',
};

const EN = {
  subject: 'Your Rookery webhook was disabled',
  after:
    'No more events are sent to it. When the receiver works again, activate the webhook. Then resend the missed events from its delivery log.',
};
const DE = {
  subject: 'Ihr Rookery-Webhook wurde abgeschaltet',
  after:
    'Es wird nichts mehr dorthin gesendet. Sobald der Empfänger wieder funktioniert, schalten Sie den Webhook ein und senden Sie aus dem Protokoll seiner Zustellungen, was gefehlt hat.',
};

const MAILS = {
  failing: defineMail<Told>('webhook-failing', {
    transactional: true,
    sample,
    en: {
      subject: EN.subject,
      body: [
        'Hello {{name}},',
        'your webhook to {{host}} ({{id}}) was disabled, because all attempts failed for days.',
        EN.after,
      ],
    },
    de: {
      subject: DE.subject,
      body: [
        'Guten Tag, {{name}},',
        'Ihr Webhook zu {{host}} ({{id}}) wurde abgeschaltet, weil tagelang alle Versuche gescheitert sind.',
        DE.after,
      ],
    },
  }),
  gone: defineMail<Told>('webhook-gone', {
    transactional: true,
    sample,
    en: {
      subject: EN.subject,
      body: [
        'Hello {{name}},',
        'your webhook to {{host}} ({{id}}) was disabled, because its receiver returned 410 (Gone).',
        EN.after,
      ],
    },
    de: {
      subject: DE.subject,
      body: [
        'Guten Tag, {{name}},',
        'Ihr Webhook zu {{host}} ({{id}}) wurde abgeschaltet, weil er geantwortet hat, dass es ihn nicht mehr gibt (410).',
        DE.after,
      ],
    },
  }),
};

/**
 * Notifies the owner that a webhook was disabled. Names only the host of the URL, because paths of webhooks are
 * secrets.
 */
@Subscriber('webhooks.send-disabled-mail', WebhookDisabled, { queue: Queues.mail })
export class SendDisabledMail implements Handles<typeof WebhookDisabled> {
  constructor(
    private readonly mail: Mail,
    private readonly recipients: Recipients,
    private readonly sql: Sql,
  ) {}

  async handle(
    { subject, data: { ownerId, reason } }: EventOf<typeof WebhookDisabled>,
    { key }: Attempt,
  ): Promise<void> {
    const [owner] = await this.recipients.find([ownerId]);
    const webhook = await this.sql.row<{ url: string }>(
      'SELECT url FROM webhooks.webhooks WHERE id = $1 AND NOT active',
      [subject],
    );
    if (!owner || !webhook) return;
    const told = { name: owner.name, host: new URL(webhook.url).host, id: subject };
    await this.mail.send(owner.email, MAILS[reason], told, key, { language: owner.language });
  }
}
