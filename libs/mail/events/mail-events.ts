import { Injectable } from '@nestjs/common';
import type { ProviderName } from '../provider';
import { MailSettings } from '../settings';
import type { MailEvent } from '../suppressions';
import { type EventHeaders, MailEventsRefused } from './refused';
import { resendEvents } from './resend';
import { sendGridEvents } from './sendgrid';
import { SnsMessages } from './sns';

/** What providers report about mails that they have accepted. */
@Injectable()
export class MailEvents {
  private readonly sns = new SnsMessages();

  constructor(private readonly settings: MailSettings) {}

  /**
   * Reads a report. It may ask the provider for a certificate.
   *
   * @param body raw body, for the signature
   * @param now to compare with the time in the signature
   * @returns the addresses that must get no more mail
   * @throws MailEventsRefused if the provider did not sign it, or no key is configured
   */
  async read(provider: ProviderName, headers: EventHeaders, body: string, now: Date): Promise<MailEvent[]> {
    const { resendWebhookSecret, sendGridWebhookKey, sesTopicArn } = this.settings;
    try {
      if (provider === 'resend' && resendWebhookSecret)
        return resendEvents(resendWebhookSecret, headers, body, now);
      if (provider === 'sendgrid' && sendGridWebhookKey)
        return sendGridEvents(sendGridWebhookKey, headers, body, now);
      if (provider === 'ses' && sesTopicArn) return await this.sns.events(sesTopicArn, body, now);
    } catch (error) {
      if (error instanceof MailEventsRefused) throw error;
      throw new MailEventsRefused(`It is not readable: ${(error as Error).message}`);
    }
    throw new MailEventsRefused(`No key for reports of ${provider} is configured.`);
  }
}
