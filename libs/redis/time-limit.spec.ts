import { withinTimeLimit } from './time-limit';

const never = new Promise<string>(() => undefined);

/** Occupies the event loop. */
function standStill(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe('A time limit', () => {
  it('ends the wait for what never comes', async () => {
    await expect(withinTimeLimit(5, never)).rejects.toThrow('Command timed out');
  });

  it('returns or throws the result of the work', async () => {
    expect(await withinTimeLimit(1_000, Promise.resolve('answer'))).toBe('answer');
    await expect(withinTimeLimit(1_000, Promise.reject(new Error('READONLY')))).rejects.toThrow('READONLY');
  });

  it('accepts a response that arrived while the process was blocked for longer', async () => {
    const arrives = new Promise<string>((resolve) => {
      setTimeout(() => setImmediate(resolve, 'answer'), 1);
    });
    const waits = withinTimeLimit(5, arrives);
    standStill(20);
    expect(await waits).toBe('answer');
  });
});
