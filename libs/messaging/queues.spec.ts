import { assert, constant, double, integer, noBias, property, record } from 'fast-check';
import { backoffMs, declaredQueues, defineQueue, isDeclared, type QueueDefinition, Queues } from '.';

const policy = record({
  base: integer({ min: 1, max: 60_000 }),
  factor: integer({ min: 1, max: 8 }),
  cap: integer({ min: 60_000, max: 3_600_000 }),
});
const fraction = noBias(double({ min: 0, max: 1, maxExcluded: true, noNaN: true }));
const failures = integer({ min: 1, max: 200 });

function queueWith(backoff: QueueDefinition['backoff']): QueueDefinition {
  return { name: 'any', class: 'low', attempts: Infinity, backoff, timeout: 1, effect: 'outside' };
}

describe('The wait before the next attempt', () => {
  it('is between half of the step and the step, and the step never above the cap', () => {
    assert(
      property(policy, failures, fraction, (backoff, count, random) => {
        const step = Math.min(backoff.cap, backoff.base * backoff.factor ** (count - 1));
        const wait = backoffMs(queueWith(backoff), count, random);
        expect(wait).toBeGreaterThanOrEqual(Math.floor(step / 2));
        expect(wait).toBeLessThanOrEqual(Math.min(Math.ceil(step), backoff.cap));
        expect(Number.isInteger(wait)).toBe(true);
      }),
    );
  });

  it('starts at the base and never gets shorter with more failures', () => {
    assert(
      property(policy, failures, fraction, (backoff, count, random) => {
        const queue = queueWith(backoff);
        expect(backoffMs(queue, count + 1, random)).toBeGreaterThanOrEqual(backoffMs(queue, count, random));
        expect(backoffMs(queue, 1, 0)).toBe(Math.round(Math.min(backoff.base, backoff.cap) / 2));
      }),
    );
  });

  it('reaches the cap and stays there, however many failures there were', () => {
    assert(
      property(
        policy.filter(({ factor }) => factor > 1),
        constant(1_000_000),
        (backoff, count) => {
          expect(backoffMs(queueWith(backoff), count, 0)).toBe(Math.round(backoff.cap / 2));
        },
      ),
    );
  });

  it('differs between deliveries, to prevent a thundering herd', () => {
    const waits = new Set(Array.from({ length: 50 }, () => backoffMs(Queues.mail, 5)));
    expect(waits.size).toBeGreaterThan(10);
  });
});

describe('A queue', () => {
  it('is declared once', () => {
    const { name: _, ...rest } = Queues.mail;
    const queue = defineQueue('suite-once', rest);
    expect(() => defineQueue('suite-once', rest)).toThrow('Queue suite-once is declared twice.');
    expect(declaredQueues()).toContain(queue);
  });

  it('is not declared by looking like one', () => {
    expect(isDeclared(Queues.mail)).toBe(true);
    expect(isDeclared({ ...Queues.mail })).toBe(false);
  });

  it.each([Queues.mail, Queues.bulkMail])(
    'keeps trying to send $name for twenty minutes at least',
    (queue) => {
      const waits = Array.from({ length: queue.attempts - 1 }, (_, failed) =>
        backoffMs(queue, failed + 1, 0),
      );
      expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThanOrEqual(20 * 60_000);
    },
  );
});
