import { WaitBudget, WaitBudgetSpent } from './wait-budget';

describe('A budget of waiting', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

  async function spend(budget: WaitBudget, ms: number): Promise<void> {
    const waiting = budget.wait(() => after(ms));
    await jest.advanceTimersByTimeAsync(ms);
    await waiting;
  }

  it('is shared by waits that follow each other', async () => {
    const budget = new WaitBudget(1_000);
    await spend(budget, 400);
    await spend(budget, 500);
    await expect(budget.wait((limitMs) => Promise.resolve(limitMs))).resolves.toBe(100);
  });

  it('is spent once by waits at the same time', async () => {
    const budget = new WaitBudget(1_000);
    const waits = [budget.wait(() => after(300)), budget.wait(() => after(400))];
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
    await spend(budget, 1_000);
    budget.renew();
    const waiting = budget.wait(() => after(400));
    await jest.advanceTimersByTimeAsync(300);
    budget.renew();
    await jest.advanceTimersByTimeAsync(100);
    await waiting;
    expect(budget.remainingMs).toBe(900);
  });

  it('starts nothing when nothing is left', async () => {
    const budget = new WaitBudget(1_000);
    await spend(budget, 1_000);
    const start = jest.fn();
    await expect(budget.wait(start)).rejects.toBeInstanceOf(WaitBudgetSpent);
    expect(start).not.toHaveBeenCalled();
  });

  it('counts a wait that fails', async () => {
    const budget = new WaitBudget(1_000);
    const failing = budget.wait(() => after(300).then(() => Promise.reject(new Error('refused'))));
    const failed = failing.catch((error: Error) => error.message);
    await jest.advanceTimersByTimeAsync(300);
    expect(await failed).toBe('refused');
    expect(budget.remainingMs).toBe(700);
  });

  it('ends a wait without its own timeout, and passes on a late result', async () => {
    const budget = new WaitBudget(1_000);
    const late = jest.fn();
    const waiting = budget.limit(() => after(2_000).then(() => 'connection'), late);
    const failed = waiting.catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(await failed).toBeInstanceOf(WaitBudgetSpent);
    expect(late).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1_000);
    expect(late).toHaveBeenCalledWith('connection');
  });
});
