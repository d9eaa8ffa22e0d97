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
  /** The same for each attempt to send the same mail: providers that can drop a repetition do. */
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
   * @throws MailRefused if the provider refuses this mail for good
   * @throws MailNotSent if it certainly does not have it: it is away, busy or misconfigured
   * @throws Error if it may have it: it did not answer
   */
  send(letter: Letter): Promise<void>;
  /**
   * Sends several mails with one request, all or none; undefined where that is not possible.
   *
   * @param key as that of a mail, of all of them
   * @throws as {@link send}
   */
  readonly sendAll?: (letters: readonly Letter[], key: string) => Promise<void>;
  /** Most mails of one {@link sendAll}. */
  readonly batchSize?: number;
  /** @throws Error if it does not work */
  verify?(): Promise<void>;
  close?(): void;
}

/** The provider refuses this mail for good; another attempt would end the same way. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused';

  /** @param deadAddress whether that is because nobody has the address */
  constructor(
    message: string,
    readonly deadAddress = false,
  ) {
    super(message);
  }
}

/** The provider certainly does not have the mail; another one can send it. */
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
