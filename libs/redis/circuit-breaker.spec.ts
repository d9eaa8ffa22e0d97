import { Logger } from '@nestjs/common';
import { CircuitBreaker } from './circuit-breaker';

describe('A circuit breaker', () => {
  let breaker: CircuitBreaker;
  let asked: number;

  beforeAll(() => Logger.overrideLogger(false));

  beforeEach(() => {
    jest.useFakeTimers();
    breaker = new CircuitBreaker('Suite');
    asked = 0;
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const succeed = () => {
    asked += 1;
    return Promise.resolve('answer');
  };
  const fail = () => {
    asked += 1;
    return Promise.reject(new Error('Command timed out'));
  };

  it('returns results', async () => {
    expect(await Promise.all([breaker.run(succeed), breaker.run(succeed)])).toEqual(['answer', 'answer']);
  });

  it('makes no calls for a second after a failure', async () => {
    expect(await breaker.run(fail)).toBeUndefined();
    jest.advanceTimersByTime(999);
    expect(await breaker.run(succeed)).toBeUndefined();
    expect(asked).toBe(1);
    jest.advanceTimersByTime(1);
    expect(await breaker.run(succeed)).toBe('answer');
  });

  it('lets only one caller retry, and everybody after it succeeds', async () => {
    await breaker.run(fail);
    jest.advanceTimersByTime(1_000);
    const outcomes = await Promise.all([breaker.run(succeed), breaker.run(succeed), breaker.run(succeed)]);
    expect(outcomes).toEqual(['answer', undefined, undefined]);
    expect(await breaker.run(succeed)).toBe('answer');
    expect(await breaker.run(succeed)).toBe('answer');
  });

  it('pauses for another second when the one that tries again fails', async () => {
    await breaker.run(fail);
    jest.advanceTimersByTime(1_000);
    await breaker.run(fail);
    jest.advanceTimersByTime(999);
    await breaker.run(succeed);
    expect(asked).toBe(2);
  });

  it('lets another caller retry if the first gets no result', async () => {
    await breaker.run(fail);
    jest.advanceTimersByTime(1_000);
    void breaker.run(() => new Promise(() => undefined));
    jest.advanceTimersByTime(1_000);
    expect(await breaker.run(succeed)).toBe('answer');
  });
});
