/** Headers of a request, in lower case. */
export type EventHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** A report with a missing, invalid or outdated signature. */
export class MailEventsRefused extends Error {
  override readonly name = 'MailEventsRefused';
}
