import { createHash } from 'node:crypto';
import { type Letter, MailNotSent, type MailProvider, MailRefused } from '../provider';
import { post, type ProviderAnswer } from './http';

/** https://resend.com/docs/api-reference: drops repetitions of an idempotency key for 24 hours. */
export class ResendProvider implements MailProvider {
  readonly name = 'resend';
  readonly batchSize = 100;

  constructor(
    private readonly url: string,
    private readonly apiKey: string,
  ) {}

  async send(letter: Letter): Promise<void> {
    this.judge(await this.post('/emails', letter.key, bodyOf(letter)));
  }

  readonly sendAll = async (letters: readonly Letter[], key: string): Promise<void> => {
    this.judge(await this.post('/emails/batch', key, letters.map(bodyOf)));
  };

  private post(path: string, key: string, body: unknown): Promise<ProviderAnswer> {
    const idempotencyKey = createHash('sha256').update(key).digest('hex');
    return post(
      `${this.url}${path}`,
      { authorization: `Bearer ${this.apiKey}`, 'idempotency-key': idempotencyKey },
      body,
    );
  }

  private judge({ status, body, text }: ProviderAnswer): void {
    if (status < 300) return;
    // The key was used with another body: an earlier version of the mail was sent.
    if (status === 409 && body.name === 'invalid_idempotent_request') return;
    const message = `Resend answers ${status}: ${text}`;
    if (status === 409) throw new Error(message); // the first attempt is still running
    if (status === 400 || status === 413 || status === 422) throw new MailRefused(message);
    throw new MailNotSent(message);
  }
}

function bodyOf({ from, to, subject, text, html, messageId, headers }: Letter): object {
  return { from, to: [to], subject, text, html, headers: { ...headers, 'Message-ID': messageId } };
}
