import type { MailProvider, ProviderName } from '../provider';
import type { MailSettings } from '../settings';
import { ResendProvider } from './resend';
import { SendGridProvider } from './sendgrid';
import { SesProvider } from './ses';
import { SmtpProvider } from './smtp';

const MAKERS: Record<ProviderName, (settings: MailSettings) => MailProvider> = {
  smtp: ({ smtpUrl, smtpConnections }) => new SmtpProvider(smtpUrl, smtpConnections),
  resend: ({ resendUrl, resendKey }) => new ResendProvider(resendUrl, resendKey),
  sendgrid: ({ sendGridUrl, sendGridKey }) => new SendGridProvider(sendGridUrl, sendGridKey),
  ses: ({ sesRegion, sesAccessKeyId, sesSecretAccessKey, sesEndpoint }) =>
    new SesProvider({
      region: sesRegion,
      accessKeyId: sesAccessKeyId,
      secretAccessKey: sesSecretAccessKey,
      endpoint: sesEndpoint || undefined,
    }),
};

/** @returns the provider with a name */
export function makeProvider(name: ProviderName, settings: MailSettings): MailProvider {
  return MAKERS[name](settings);
}
