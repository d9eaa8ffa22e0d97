import { Endings, restarting } from './endings';

describe('The end of a connection', () => {
  it.each(Object.values(Endings))(
    'has a reason that fits into a close frame: $reason',
    ({ code, reason }) => {
      expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
      expect(code >= 1000 && code < 5000).toBe(true);
    },
  );

  it.each([
    [1, 2_100],
    [1_000, 5_100],
    [1_000_000, 60_100],
  ])('for a restart under %d connections is spread over at most %d ms', (open, maxMs) => {
    const delays = Array.from({ length: 500 }, () => restarting(open).retryMs!);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...delays)).toBeLessThanOrEqual(maxMs);
    expect(Math.max(...delays)).toBeGreaterThan(maxMs / 2);
  });
});
