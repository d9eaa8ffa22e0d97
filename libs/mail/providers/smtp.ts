import { createTransport, type Transporter } from 'nodemailer';
import { type Letter, MailNotSent, type MailProvider, MailRefused } from '../provider';

/** Timeouts in ms: if the mail server does not answer, the queue retries later. */
const TIMEOUTS = {
  connectionTimeout: 5_000,
  greetingTimeout: 5_000,
  socketTimeout: 15_000,
  dnsTimeout: 5_000,
};

interface SmtpError {
  code?: string;
  command?: string;
  responseCode?: number;
  response?: string;
  message: string;
}

/** Any SMTP server, over a pool of connections. */
export class SmtpProvider implements MailProvider {
  readonly name = 'smtp';
  private readonly transport: Transporter;

  /** @param connections number of connections that are kept open; 0 opens one for each mail */
  constructor(url: string, connections: number) {
    const pool =
      connections > 0 ? { pool: true as const, maxConnections: connections, maxMessages: 1_000 } : {};
    this.transport = createTransport({ url, ...pool, ...TIMEOUTS });
  }

  async send({ from, to, subject, text, html, messageId, headers }: Letter): Promise<void> {
    try {
      await this.transport.sendMail({
        from,
        to: { name: '', address: to }, // a string would be parsed, and a comma would create two recipients
        subject,
        text,
        html,
        messageId,
        headers: { ...headers },
      });
    } catch (error) {
      throw meaningOf(error as SmtpError);
    }
  }

  async verify(): Promise<void> {
    await this.transport.verify();
  }

  close(): void {
    this.transport.close();
  }
}

/**
 * nodemailer reports a connection that is lost after DATA like one that never existed, but then the server may have
 * accepted the mail.
 */
function meaningOf(error: SmtpError): Error {
  const { code, command = '', message, response = '', responseCode } = error;
  if (responseCode !== undefined) {
    const aboutMail = code !== 'EAUTH' && !/^(AUTH|EHLO|HELO|CONN|STARTTLS)/.test(command);
    if (responseCode >= 500 && aboutMail)
      return new MailRefused(
        `The mail server refuses it: ${message}`,
        /^55\d[ -]5\.1\.(0|1|2|3|6|10)\b/.test(response),
      );
    return new MailNotSent(message);
  }
  if (code === 'EENVELOPE' || code === 'EMESSAGE') return new MailRefused(message);
  const neverStood = /^connect |^(Connection timeout|Greeting never received)$/.test(message);
  if (code === 'EDNS' || code === 'EAUTH' || code === 'ETLS' || neverStood) return new MailNotSent(message);
  return error as Error;
}
