import type { EventOf } from '@rookery/domain';
import { defineMail, Mail } from '@rookery/mail';
import { type Attempt, type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';
import { Recipients } from '../../../identity/contract';
import { WebhookDisabled } from '../../events';

const disabledMail = defineMail<{ name: string; host: string; why: string; id: string }>({
  subject: 'Your Rookery webhook was disabled',
  text: `Hello {{name}},

your webhook to {{host}} ({{id}}) was disabled, because {{why}}. Nothing is sent to it any more.

When the receiver works again, activate the webhook, then send what was missed from the log of its deliveries.
`,
  html: `<p>Hello {{name}},</p>
<p>your webhook to {{host}} ({{id}}) was disabled, because {{why}}. Nothing is sent to it any more.</p>
<p>When the receiver works again, activate the webhook, then send what was missed from the log of its deliveries.</p>`,
});

const WHY = { failing: 'all attempts failed for days', gone: 'it answered that it is gone (410)' };

/** Tells the owner of a webhook that it was disabled. Of the URL only the host: paths of webhooks are secrets. */
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
    const variables = {
      name: owner.name,
      host: new URL(webhook.url).host,
      why: WHY[reason],
      id: subject,
    };
    await this.mail.send(owner.email, disabledMail, variables, key);
  }
}
