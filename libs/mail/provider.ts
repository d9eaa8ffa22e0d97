/** The services that can send mail. */
export const PROVIDERS = ['smtp', 'resend', 'sendgrid', 'ses'] as const;
export type ProviderName = (typeof PROVIDERS)[number];

/** A mail to one address. */
export interface Letter {
  /** `Rookery <no-reply@rookery.test>` */
  from: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  /** The same for every attempt to send a mail, so that providers can discard duplicates. */
  key: string;
  /** With angle brackets. */
  messageId: string;
  headers: Readonly<Record<string, string>>;
}

/** A service that sends mail. */
export interface MailProvider {
  readonly name: ProviderName;
  /**
   * Sends a mail; when it returns, the provider is responsible for it.
   *
   * @throws MailRefused if the provider permanently rejects this mail
   * @throws MailNotSent if the provider certainly did not accept it: unavailable, busy or misconfigured
   * @throws Error if the provider may have accepted it: it did not respond
   */
  send(letter: Letter): Promise<void>;
  /**
   * Sends several mails with one request, all or none. Undefined if the provider does not support that.
   *
   * @param key idempotency key of the whole request
   * @throws as {@link send}
   */
  readonly sendAll?: (letters: readonly Letter[], key: string) => Promise<void>;
  /** Maximum mails per {@link sendAll}. */
  readonly batchSize?: number;
  /** @throws Error if it does not work */
  verify?(): Promise<void>;
  close?(): void;
}

/** The provider permanently rejects this mail; another attempt would fail, too. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused';

  /** @param deadAddress whether the reason is that the address does not exist */
  constructor(
    message: string,
    readonly deadAddress = false,
  ) {
    super(message);
  }
}

/** The provider certainly did not accept the mail, so another one can send it. */
export class MailNotSent extends Error {
  override readonly name = 'MailNotSent';
}

const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EDNS',
]);

/** @returns whether an error of a connection, or its cause, means that nothing was sent */
export function wasNeverConnected(error: unknown): boolean {
  for (
    let each = error as { code?: string; cause?: unknown } | undefined;
    each;
    each = each.cause as typeof each
  ) {
    if (each.code !== undefined && NOT_CONNECTED.has(each.code)) return true;
    if (each instanceof AggregateError && each.errors.length > 0 && each.errors.every(wasNeverConnected))
      return true;
  }
  return false;
}
