import type { MailProvider, ProviderName } from '../provider';
import type { MailSettings } from '../settings';
import { ResendProvider } from './resend';
import { SendGridProvider } from './sendgrid';
import { SesProvider } from './ses';
import { SmtpProvider } from './smtp';

/** @returns the provider of a name */
export function makeProvider(name: ProviderName, settings: MailSettings): MailProvider {
  switch (name) {
    case 'smtp':
      return new SmtpProvider(settings.smtpUrl, settings.smtpConnections);
    case 'resend':
      return new ResendProvider(settings.resendUrl, settings.resendKey);
    case 'sendgrid':
      return new SendGridProvider(settings.sendGridUrl, settings.sendGridKey);
    case 'ses':
      return new SesProvider({
        region: settings.sesRegion,
        accessKeyId: settings.sesAccessKeyId,
        secretAccessKey: settings.sesSecretAccessKey,
        endpoint: settings.sesEndpoint || undefined,
      });
  }
}
