import { type LaneKeys, Lanes } from './lanes';

const keys = (own: Partial<LaneKeys> = {}): LaneKeys => ({ endpoint: 'w', owner: 'o', host: 'h', ...own });
type Leave = (durationMs: number) => void;

/** Enters as often as there is room, at most a hundred times. */
function fill(lanes: Lanes, keysOf: (nr: number) => LaneKeys): Leave[] {
  const entered: Leave[] = [];
  for (let nr = 0; nr < 100; nr += 1) {
    const lane = lanes.enter(keysOf(nr), 0);
    if (typeof lane === 'number') break;
    entered.push(lane);
  }
  return entered;
}

describe('Lanes', () => {
  it('let an endpoint, its owner and a host have a few requests at once', () => {
    expect(fill(new Lanes(), () => keys())).toHaveLength(2);
    expect(fill(new Lanes(), (nr) => keys({ endpoint: `w${nr}`, host: `h${nr}` }))).toHaveLength(4);
    expect(fill(new Lanes(), (nr) => keys({ endpoint: `w${nr}`, owner: `o${nr}` }))).toHaveLength(8);
    expect(
      fill(new Lanes(), (nr) => keys({ endpoint: `w${nr}`, owner: `o${nr}`, host: `h${nr}` })),
    ).toHaveLength(100);
  });

  it('leave room for others, however many slow endpoints there are', () => {
    const lanes = new Lanes();
    const own = (nr: number) => keys({ endpoint: `w${nr}`, owner: `o${nr}`, host: `h${nr}` });
    for (let nr = 0; nr < 50; nr += 1) (lanes.enter(own(nr), 0) as Leave)(10_000);
    expect(fill(lanes, own)).toHaveLength(16);
    expect(typeof lanes.enter(own(60), 0)).toBe('function');
  });

  it('have room again when a request is over', () => {
    const lanes = new Lanes();
    const [first] = fill(lanes, () => keys());
    expect(typeof lanes.enter(keys(), 0)).toBe('number');
    first!(10);
    expect(typeof lanes.enter(keys(), 0)).toBe('function');
  });

  it('forget that an endpoint was slow once it is fast', () => {
    const lanes = new Lanes();
    (lanes.enter(keys(), 0) as Leave)(10_000);
    for (let nr = 0; nr < 3; nr += 1) (lanes.enter(keys(), 0) as Leave)(20);
    const own = (nr: number) => keys({ endpoint: `w${nr}`, owner: `o${nr}`, host: `h${nr}` });
    for (let nr = 0; nr < 20; nr += 1) (lanes.enter(own(nr), 0) as Leave)(10_000);
    expect(fill(lanes, own)).toHaveLength(16);
    expect(typeof lanes.enter(keys(), 0)).toBe('function');
  });

  it('return different retry times, longer for slower endpoints, and at most a minute', () => {
    const wait = (durationMs: number, count: number) => {
      const lanes = new Lanes();
      (lanes.enter(keys(), 0) as Leave)(durationMs);
      fill(lanes, () => keys());
      return Array.from({ length: count }, () => lanes.enter(keys(), 0) as number);
    };
    const fast = wait(10, 3);
    const slow = wait(20_000, 3);
    expect(new Set(fast).size).toBe(3);
    expect(fast[0]).toBeGreaterThanOrEqual(250);
    expect(slow[0]).toBeGreaterThan(fast[0]!);
    expect(Math.max(...wait(20_000, 50))).toBe(60_000);
  });
});
