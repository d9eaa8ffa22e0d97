import { defineSettings, refuseDefaultPassword, setting } from '@rookery/settings';
import { z } from 'zod';

/** Mail server and sender. */
export class MailSettings extends defineSettings('Mail', {
  smtpUrl: setting('SMTP_URL', z.url({ protocol: /^smtps?$/, error: 'must be an smtp:// or smtps:// URL' }), {
    doc: 'The mail server, as smtp://user:password@host:port.',
    production: refuseDefaultPassword,
  }),
  from: setting('MAIL_FROM', z.string().includes('@'), {
    doc: 'Sender of all mail.',
    development: 'Rookery <no-reply@rookery.test>',
  }),
}) {}
