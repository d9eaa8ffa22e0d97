import { EventLoopWatch } from './event-loop-watch';

describe('The event loop', () => {
  let max: number;
  let now: number;
  let watch: EventLoopWatch;

  beforeEach(() => {
    max = 0;
    now = 1_000;
    watch = new EventLoopWatch(
      {
        get max() {
          return max;
        },
        reset: () => void (max = 0),
      },
      now,
    );
  });

  /** Asks after some milliseconds, in which it stood still for others. */
  const ask = (afterMs: number, stoodStillMs = 0) => {
    max = Math.max(max, stoodStillMs * 1e6);
    now += afterMs;
    return watch.sustainedMs(now);
  };

  it('is healthy after a single block, however long, and however often it is checked', () => {
    expect(ask(8_000, 7_000)).toBeUndefined();
    for (let time = 0; time < 20; time += 1) expect(ask(1_000)).toBeUndefined();
  });

  it('is blocked when two consecutive windows have a block, until one has none', () => {
    expect(ask(10_000, 6_000)).toBeUndefined();
    expect(ask(9_000, 6_500)).toBeUndefined();
    expect(ask(1_000)).toBe(6_500);
    expect(ask(9_000)).toBe(6_500);
    expect(ask(1_000)).toBeUndefined();
  });

  it('is healthy when there are windows without a block in between, and with delays below the limit', () => {
    expect(ask(10_000, 6_000)).toBeUndefined();
    expect(ask(10_000, 5_000)).toBeUndefined();
    expect(ask(10_000, 6_000)).toBeUndefined();
    expect(ask(10_000)).toBeUndefined();
  });
});
