import { WaitBudget, WaitBudgetSpent } from './wait-budget';

describe('A budget of waiting', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

  async function spend(budget: WaitBudget, ms: number): Promise<void> {
    const waiting = budget.limit(() => after(ms));
    await jest.advanceTimersByTimeAsync(ms);
    await waiting;
  }

  /** As if no timer had run for some time. */
  function block(ms: number): void {
    const now = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => now() + ms);
  }

  it('is shared by waits that follow each other', async () => {
    const budget = new WaitBudget(1_000);
    await spend(budget, 400);
    await spend(budget, 500);
    expect(budget.remainingMs).toBe(100);
  });

  it('is spent once by waits at the same time', async () => {
    const budget = new WaitBudget(1_000);
    const waits = [budget.limit(() => after(300)), budget.limit(() => after(400))];
    await jest.advanceTimersByTimeAsync(100);
    expect(budget.remainingMs).toBe(900);
    await jest.advanceTimersByTimeAsync(300);
    await Promise.all(waits);
    expect(budget.remainingMs).toBe(600);
  });

  it('is not used up between the waits', async () => {
    const budget = new WaitBudget(1_000);
    await spend(budget, 400);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(budget.remainingMs).toBe(600);
  });

  it('is full again when it is reset, even during a wait', async () => {
    const budget = new WaitBudget(1_000);
    await spend(budget, 999);
    budget.renew();
    const waiting = budget.limit(() => after(400));
    await jest.advanceTimersByTimeAsync(300);
    budget.renew();
    await jest.advanceTimersByTimeAsync(100);
    await waiting;
    expect(budget.remainingMs).toBe(900);
  });

  it('starts nothing when nothing is left', async () => {
    const budget = new WaitBudget(0);
    const begin = jest.fn();
    await expect(budget.limit(begin)).rejects.toBeInstanceOf(WaitBudgetSpent);
    expect(begin).not.toHaveBeenCalled();
  });

  it('counts a wait that fails', async () => {
    const budget = new WaitBudget(1_000);
    const failing = budget.limit(() => after(300).then(() => Promise.reject(new Error('refused'))));
    const failed = failing.catch((error: Error) => error.message);
    await jest.advanceTimersByTimeAsync(300);
    expect(await failed).toBe('refused');
    expect(budget.remainingMs).toBe(700);
  });

  it('ends all waits when it is used up, and passes on those that can be late', async () => {
    const budget = new WaitBudget(1_000);
    const abandon = jest.fn();
    const waits = [
      budget.limit(() => after(2_000)),
      budget.limit(() => after(3_000).then(() => 'connection'), abandon),
    ];
    const failures = Promise.all(waits.map((each) => each.catch((error: unknown) => error)));
    await jest.advanceTimersByTimeAsync(999);
    expect(abandon).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(2);
    expect(await failures).toEqual([expect.any(WaitBudgetSpent), expect.any(WaitBudgetSpent)]);
    const [pending] = abandon.mock.calls[0] as [Promise<unknown>];
    await jest.advanceTimersByTimeAsync(2_000);
    expect(await pending).toBe('connection');
  });

  it('counts at most half a second of the time in which the event loop was blocked', async () => {
    const budget = new WaitBudget(1_000);
    const waiting = budget.limit(() => after(400));
    await jest.advanceTimersByTimeAsync(100);
    block(60_000);
    await jest.advanceTimersByTimeAsync(300);
    await waiting;
    expect(budget.remainingMs).toBe(350); // 1,000 - 500 - 150: its first step ended after 250
  });

  it('that was used up while the event loop was blocked ends no wait whose result has arrived', async () => {
    const budget = new WaitBudget(400);
    const read = after(250).then(() => new Promise((resolve) => setImmediate(() => resolve('a row'))));
    const waiting = budget.limit(() => read);
    block(60_000);
    await jest.advanceTimersByTimeAsync(252);
    expect(await waiting).toBe('a row');
  });
});
