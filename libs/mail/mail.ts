import { createHash } from 'node:crypto';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Reject } from '@rookery/messaging';
import { HealthChecks } from '@rookery/observability';
import { createTransport, type Transporter } from 'nodemailer';
import { MailSettings } from './settings';
import type { MailTemplate } from './template';

/** Timeouts in ms: if the mail server does not answer, the queue retries later. */
const TIMEOUTS = {
  connectionTimeout: 5_000,
  greetingTimeout: 5_000,
  socketTimeout: 15_000,
  dnsTimeout: 5_000,
};

/** Sends mail. Only subscribers of the mail queue call it: a request never waits for a mail server. */
@Injectable()
export class Mail implements OnApplicationShutdown {
  private readonly transport: Transporter;

  constructor(
    private readonly settings: MailSettings,
    health: HealthChecks,
  ) {
    this.transport = createTransport({ url: settings.smtpUrl, pool: true, maxConnections: 5, ...TIMEOUTS });
    health.addDependency('smtp', async () => void (await this.transport.verify()), {
      critical: false,
      ready: 'never',
    });
  }

  /**
   * Sends a mail at least once: if the process dies after the server accepted it, it is sent again with the same
   * Message-ID.
   *
   * @param to address
   * @param key idempotency key of the delivery; becomes the Message-ID
   * @throws Reject if the server refuses it permanently (SMTP 5xx, RFC 5321 §4.2.1); any other error may be temporary
   */
  async send<V extends object>(
    to: string,
    template: MailTemplate<V>,
    variables: V,
    key: string,
  ): Promise<void> {
    if (to.endsWith('.invalid')) return; // an account without an address: the mail would reach nobody (RFC 6761 §6.4)
    const domain = this.settings.from.split('@').at(-1)!.replace(/>.*/, '');
    const messageId = `<${createHash('sha256').update(key).digest('hex').slice(0, 32)}@${domain}>`;
    try {
      await this.transport.sendMail({
        ...template.render(variables),
        from: this.settings.from,
        to: { name: '', address: to }, // a string would be parsed, and a comma would make two recipients
        messageId,
      });
    } catch (error) {
      const { responseCode, message } = error as { responseCode?: number; message: string };
      if (responseCode !== undefined && responseCode >= 500)
        throw new Reject(`The mail server refuses it: ${message}`);
      throw error;
    }
  }

  onApplicationShutdown(): void {
    this.transport.close();
  }
}
