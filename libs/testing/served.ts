import type { Answer } from './system';

/**
 * Sends a request and retries it like a client: 503 means that it was not served and can be repeated after
 * `Retry-After`. For suites that send more concurrent requests than the api has connections, on a machine of any speed.
 *
 * @param send sends it
 * @param withinMs milliseconds after which it is no longer repeated
 * @returns the first response with another status
 * @throws Error if there was none in time
 */
export async function served(send: () => Promise<Answer>, withinMs = 90_000): Promise<Answer> {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    const answer = await send();
    if (answer.status !== 503) return answer;
    if (performance.now() > giveUpAt)
      throw new Error(`Answered 503 for ${withinMs} ms: ${JSON.stringify(answer.body)}`);
    const pauseMs = Number(answer.headers['retry-after'] ?? 1) * 1_000;
    // With jitter, so that requests that were sent together are not repeated together.
    await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random())));
  }
}
