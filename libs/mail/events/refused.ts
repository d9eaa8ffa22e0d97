/** Headers of a request, in lower case. */
export type EventHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** A report whose signature is missing, wrong or old. */
export class MailEventsRefused extends Error {
  override readonly name = 'MailEventsRefused';
}
