import { eventually } from './eventually';
import type { Answer } from './system';

/**
 * Sends a request like a client: 503 means that it was not served and may be repeated. For suites that send more at
 * once than the api has connections, on a machine of any speed.
 *
 * @param send sends it
 * @param withinMs milliseconds after which it is given up
 * @returns the first answer that is another
 */
export function served(send: () => Promise<Answer>, withinMs = 60_000): Promise<Answer> {
  return eventually(async () => {
    const answer = await send();
    return answer.status !== 503 && answer;
  }, withinMs);
}
