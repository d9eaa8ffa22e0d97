import type { Answer } from './system';

/**
 * Sends a request like a client: 503 means that it was not served, and may be repeated after the time that the answer
 * names. For suites that send more at once than the api has connections, on a machine of any speed.
 *
 * @param send sends it
 * @param withinMs milliseconds after which it is not repeated any more
 * @returns the first answer that is another
 * @throws Error if there was none
 */
export async function served(send: () => Promise<Answer>, withinMs = 90_000): Promise<Answer> {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    const answer = await send();
    if (answer.status !== 503) return answer;
    if (performance.now() > giveUpAt)
      throw new Error(`Answered 503 for ${withinMs} ms: ${JSON.stringify(answer.body)}`);
    const pauseMs = Number(answer.headers['retry-after'] ?? 1) * 1_000;
    // Not all of those that were sent at once again at once.
    await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random())));
  }
}
