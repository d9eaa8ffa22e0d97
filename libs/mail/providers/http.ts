import { MailNotSent, wasNeverConnected } from '../provider';

const TIMEOUT_MS = 15_000;
/** Maximum characters of an error for the log. */
const MAX_ERROR_CHARACTERS = 300;

/** The response of a provider. */
export interface ProviderAnswer {
  status: number;
  /** JSON, or empty. */
  body: Record<string, unknown>;
  /** The start of the body, for the log. */
  text: string;
}

/**
 * Posts JSON to a provider.
 *
 * @throws MailNotSent if there is no connection
 * @throws Error if there is no response, so that the outcome is unknown
 */
export async function post(
  url: string,
  headers: Record<string, string>,
  body: unknown,
): Promise<ProviderAnswer> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'rookery', ...headers },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    if (wasNeverConnected(error)) throw new MailNotSent(`No connection to ${new URL(url).host}.`);
    throw error;
  }
  const text = await response.text();
  return { status: response.status, body: jsonOf(text), text: text.slice(0, MAX_ERROR_CHARACTERS) };
}

function jsonOf(text: string): Record<string, unknown> {
  try {
    return (JSON.parse(text) as Record<string, unknown>) ?? {};
  } catch {
    return {};
  }
}
