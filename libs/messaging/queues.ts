/** How urgent a queue's work is; decides how many of its jobs one worker runs at once. */
export type QueueClass = 'critical' | 'default' | 'low';

/** What happens when work fails. */
export interface RetryPolicy {
  /** Attempts before a delivery is given up; Infinity never gives up. */
  readonly attempts: number;
  /** Milliseconds: exponential back-off from `base`, times `factor` per failure, never above `cap`, with jitter. */
  readonly backoff: { readonly base: number; readonly factor: number; readonly cap: number };
  /** Milliseconds one attempt may take before its signal aborts it. */
  readonly timeout: number;
}

/**
 * A queue: how much of a worker its work may take up, where its effects go, and what happens when they fail unless a
 * subscriber says otherwise. Work gets a queue of its own where nothing else may wait behind it, not for its retries.
 */
export interface QueueDefinition extends RetryPolicy {
  readonly name: string;
  readonly class: QueueClass;
  /**
   * `database`: the effect is a change in PostgreSQL and commits together with the delivery: exactly once.
   * `outside`: the effect leaves (mail, HTTP) and runs in no transaction: at least once, with an idempotency key.
   */
  readonly effect: 'database' | 'outside';
}

const definitions = new Map<string, QueueDefinition>();

/**
 * Declares a queue, before the process boots.
 *
 * @throws Error when there is one of that name
 */
export function defineQueue(name: string, rest: Omit<QueueDefinition, 'name'>): QueueDefinition {
  if (definitions.has(name)) throw new Error(`Queue ${name} is declared twice.`);
  const definition = { name, ...rest };
  definitions.set(name, definition);
  return definition;
}

/** Every queue of the system; a subscriber names one of them. */
export const Queues = {
  /** Mail: a server may be away for a while, and 4xx means "later": 20 minutes of patience at least, whatever the jitter. */
  mail: defineQueue('mail', {
    class: 'default',
    attempts: 8,
    backoff: { base: 2_000, factor: 4, cap: 900_000 },
    timeout: 30_000,
    effect: 'outside',
  }),
  /** Read models and other reactions inside the database. */
  projections: defineQueue('projections', {
    class: 'critical',
    attempts: 10,
    backoff: { base: 1_000, factor: 2, cap: 1_024_000 },
    timeout: 10_000,
    effect: 'database',
  }),
  /** Entries of the cache that are to go: soon, or not at all, since they expire by themselves. */
  caches: defineQueue('caches', {
    class: 'critical',
    attempts: 10,
    backoff: { base: 100, factor: 2, cap: 10_000 },
    timeout: 5_000,
    effect: 'outside',
  }),
  /** Exports and erasures, one piece at a time: long, and nobody waits in front of a screen. */
  personalData: defineQueue('personal-data', {
    class: 'low',
    attempts: 10,
    backoff: { base: 2_000, factor: 4, cap: 900_000 },
    timeout: 60_000,
    effect: 'database',
  }),
} as const;

/** @returns every declared queue, by name. */
export function declaredQueues(): readonly QueueDefinition[] {
  return [...definitions.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/** @returns whether this very definition is in the registry. */
export function isDeclared(queue: QueueDefinition | undefined): boolean {
  return queue !== undefined && definitions.get(queue.name) === queue;
}

/**
 * Exponential back-off with equal jitter (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog 2015): half
 * of the step is certain, so that a queue's patience has a lower bound; the other half spreads the herd.
 *
 * @param failures attempts that failed so far, from 1
 * @param random in [0, 1)
 * @returns milliseconds to wait
 */
export function backoffMs(
  policy: Pick<RetryPolicy, 'backoff'>,
  failures: number,
  random: number = Math.random(),
): number {
  const { base, factor, cap } = policy.backoff;
  const step = Math.min(cap, base * factor ** (failures - 1));
  return Math.round((step * (1 + random)) / 2);
}
