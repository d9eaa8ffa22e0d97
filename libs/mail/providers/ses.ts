import type { SESv2Client } from '@aws-sdk/client-sesv2';
import { type Letter, MailNotSent, type MailProvider, MailRefused, wasNeverConnected } from '../provider';

const TIMEOUTS = { connectionTimeout: 5_000, requestTimeout: 15_000, throwOnRequestTimeout: true };

/** Error names that are about the mail. All other errors with status 400 are about the account. */
const REFUSED = new Set(['BadRequestException', 'MessageRejected']);

/** How to reach SES. */
export interface SesOptions {
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Replaces the endpoint of the region. */
  endpoint: string | undefined;
}

/** Amazon SES, API v2: does not support idempotency keys, and replaces the Message-ID. */
export class SesProvider implements MailProvider {
  readonly name = 'ses';
  private client: Promise<SESv2Client> | undefined;

  constructor(private readonly options: SesOptions) {}

  async send({ from, to, subject, text, html, headers }: Letter): Promise<void> {
    const [client, { SendEmailCommand }] = await Promise.all([
      this.connected(),
      import('@aws-sdk/client-sesv2'),
    ]);
    const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });
    try {
      await client.send(
        new SendEmailCommand({
          FromEmailAddress: from,
          Destination: { ToAddresses: [to] },
          Content: {
            Simple: {
              Subject: utf8(subject),
              Body: { Text: utf8(text), Html: utf8(html) },
              Headers: Object.entries(headers).map(([Name, Value]) => ({ Name, Value })),
            },
          },
        }),
      );
    } catch (error) {
      throw meaningOf(error as Error & { $metadata?: { httpStatusCode?: number } });
    }
  }

  close(): void {
    void this.client?.then((client) => client.destroy());
  }

  /** The SDK takes 30 MB, so it is loaded only if it is used. One attempt: the queue retries. */
  private connected(): Promise<SESv2Client> {
    return (this.client ??= import('@aws-sdk/client-sesv2').then(({ SESv2Client: Client }) => {
      const { region, accessKeyId, secretAccessKey, endpoint } = this.options;
      return new Client({
        region,
        ...(endpoint && { endpoint }),
        credentials: { accessKeyId, secretAccessKey },
        maxAttempts: 1,
        requestHandler: TIMEOUTS,
      });
    }));
  }
}

function meaningOf(error: Error & { $metadata?: { httpStatusCode?: number } }): Error {
  if (error.$metadata?.httpStatusCode !== undefined) {
    const message = `SES answers ${error.$metadata.httpStatusCode}: ${error.name}: ${error.message}`;
    return REFUSED.has(error.name) ? new MailRefused(message) : new MailNotSent(message);
  }
  return wasNeverConnected(error) ? new MailNotSent(`No connection to SES: ${error.message}`) : error;
}
