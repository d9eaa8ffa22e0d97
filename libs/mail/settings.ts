import { defineSettings, refuseDefaultPassword, setting } from '@rookery/settings';
import { z } from 'zod';
import { type ProviderName, PROVIDERS } from './provider';

const key = z.string().max(500);

const providers = z.string().transform((text, context): ProviderName[] => {
  const names = text.split(',').map((name) => name.trim()) as ProviderName[];
  const wrong = names.find((name, index) => !PROVIDERS.includes(name) || names.indexOf(name) !== index);
  if (wrong !== undefined)
    context.addIssue({
      code: 'custom',
      message: `"${wrong}" is not one of ${PROVIDERS.join(', ')}, or occurs twice`,
    });
  return names;
});

/** `smtp=50/1,ses=14/1`: mails per seconds by provider. */
const limits = z.string().transform((text, context) => {
  const parts = text.split(',').filter((part) => part.trim() !== '');
  return new Map(
    parts.flatMap((part): [ProviderName, { limit: number; seconds: number }][] => {
      const [, name, limit, seconds] = /^\s*(\w+)=([1-9]\d{0,6})\/([1-9]\d{0,5})\s*$/.exec(part) ?? [];
      if (!PROVIDERS.includes(name as ProviderName)) {
        context.addIssue({ code: 'custom', message: `"${part}" is not a limit such as ses=14/1` });
        return [];
      }
      return [[name as ProviderName, { limit: Number(limit), seconds: Number(seconds) }]];
    }),
  );
});

/** Mail providers and their configuration. */
export class MailSettings extends defineSettings(
  'Mail',
  {
    providers: setting('MAIL_PROVIDERS', providers, {
      doc: 'Mail providers in order of preference, comma-separated: smtp, resend, sendgrid, ses. If one cannot send a mail, the next one does.',
      default: 'smtp',
    }),
    limits: setting('MAIL_LIMITS', limits, {
      doc: 'Maximum mails per number of seconds for each provider, for all workers together, such as smtp=50/1,ses=14/1. Mails with an unsubscribe link can use only half of it. No limit by default.',
      default: '',
    }),
    smtpUrl: setting(
      'SMTP_URL',
      z.url({ protocol: /^smtps?$/, error: 'must be an smtp:// or smtps:// URL' }),
      {
        doc: 'URL of the mail server, as smtp://user:password@host:port.',
        production: refuseDefaultPassword,
      },
    ),
    smtpConnections: setting('SMTP_CONNECTIONS', z.coerce.number().int().min(0).max(100), {
      doc: 'Connections to the mail server that a process keeps open. 0 opens a connection for each mail.',
      default: '5',
    }),
    resendUrl: setting('RESEND_URL', z.url(), {
      doc: 'Base URL of the Resend API.',
      default: 'https://api.resend.com',
    }),
    resendKey: setting('RESEND_API_KEY', key, { doc: 'API key of Resend.', default: '' }),
    resendWebhookSecret: setting('RESEND_WEBHOOK_SECRET', key, {
      doc: 'Signing secret (whsec_…) of the Resend webhook that reports bounces. Without it these reports are rejected.',
      default: '',
    }),
    sendGridUrl: setting('SENDGRID_URL', z.url(), {
      doc: 'Base URL of the SendGrid API; for accounts in Europe https://api.eu.sendgrid.com.',
      default: 'https://api.sendgrid.com',
    }),
    sendGridKey: setting('SENDGRID_API_KEY', key, { doc: 'API key of SendGrid.', default: '' }),
    sendGridWebhookKey: setting('SENDGRID_WEBHOOK_KEY', key, {
      doc: 'Verification key of the signed event webhook of SendGrid. Without it these reports are rejected.',
      default: '',
    }),
    sesRegion: setting('SES_REGION', z.string(), { doc: 'AWS region of SES.', default: 'eu-central-1' }),
    sesAccessKeyId: setting('SES_ACCESS_KEY_ID', key, { doc: 'Access key of SES.', default: '' }),
    sesSecretAccessKey: setting('SES_SECRET_ACCESS_KEY', key, {
      doc: 'Secret access key of SES.',
      default: '',
    }),
    sesEndpoint: setting('SES_ENDPOINT', z.union([z.literal(''), z.url()]), {
      doc: 'Endpoint of SES that replaces the default of the region.',
      default: '',
    }),
    sesTopicArn: setting('SES_TOPIC_ARN', key, {
      doc: 'ARN of the SNS topic to which SES reports bounces and complaints. Without it these reports are rejected.',
      default: '',
    }),
    from: setting('MAIL_FROM', z.string().includes('@'), {
      doc: 'Sender address of all mail.',
      development: 'Rookery <no-reply@rookery.test>',
    }),
  },
  ({ providers: names, resendKey, sendGridKey, sesAccessKeyId, sesSecretAccessKey }) => {
    const missing: Record<ProviderName, string | false> = {
      smtp: false,
      resend: !resendKey && 'RESEND_API_KEY',
      sendgrid: !sendGridKey && 'SENDGRID_API_KEY',
      ses: !(sesAccessKeyId && sesSecretAccessKey) && 'SES_ACCESS_KEY_ID and SES_SECRET_ACCESS_KEY',
    };
    const name = names.find((each) => missing[each]);
    return name && `MAIL_PROVIDERS names ${name}, which needs ${missing[name]}.`;
  },
) {}
