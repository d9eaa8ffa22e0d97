import { type Letter, MailNotSent, type MailProvider, MailRefused } from '../provider';
import { post } from './http';

/** https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send: does not support idempotency keys. */
export class SendGridProvider implements MailProvider {
  readonly name = 'sendgrid';

  constructor(
    private readonly url: string,
    private readonly apiKey: string,
  ) {}

  async send({ from, to, subject, text, html, messageId, headers }: Letter): Promise<void> {
    const answer = await post(
      `${this.url}/v3/mail/send`,
      { authorization: `Bearer ${this.apiKey}` },
      {
        personalizations: [{ to: [{ email: to }] }],
        from: addressOf(from),
        subject,
        content: [
          { type: 'text/plain', value: text },
          { type: 'text/html', value: html },
        ],
        headers: { ...headers, 'Message-ID': messageId },
        // Links with tokens must not be rewritten by click tracking.
        tracking_settings: { click_tracking: { enable: false }, open_tracking: { enable: false } },
      },
    );
    if (answer.status < 300) return;
    const message = `SendGrid answers ${answer.status}: ${answer.text}`;
    if (answer.status === 400 || answer.status === 413) throw new MailRefused(message);
    throw new MailNotSent(message);
  }
}

function addressOf(from: string): { email: string; name?: string } {
  const [, name, email] = /^\s*"?([^"<]*?)"?\s*<([^>]+)>\s*$/.exec(from) ?? [];
  if (email === undefined) return { email: from.trim() };
  return { email, ...(name && { name }) };
}
