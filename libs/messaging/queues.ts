/** How urgent a queue's work is; decides how many of its jobs one worker runs at once. */
export type QueueClass = 'critical' | 'default' | 'low';

/** Retry policy. */
export interface RetryPolicy {
  /** Maximum attempts before a delivery is dead; Infinity retries forever. */
  readonly attempts: number;
  /** Milliseconds: exponential backoff from `base`, times `factor` per failure, at most `cap`, with jitter. */
  readonly backoff: { readonly base: number; readonly factor: number; readonly cap: number };
  /** Timeout of one attempt in milliseconds; then its signal aborts. */
  readonly timeout: number;
}

/**
 * A queue: its share of a worker, where its effects are, and its default retry policy, which a subscriber may override.
 * Work gets its own queue if nothing else must wait behind it, not for a different retry policy.
 */
export interface QueueDefinition extends RetryPolicy {
  readonly name: string;
  readonly class: QueueClass;
  /**
   * `database`: the effect is a change in PostgreSQL and commits together with the delivery: exactly once. `outside`:
   * the effect is external (mail, HTTP) and runs in no transaction: at least once, with an idempotency key.
   */
  readonly effect: 'database' | 'outside';
  /** Number of jobs one worker runs at once. Overrides the class, for effects that mostly wait. */
  readonly concurrency?: number;
}

const definitions = new Map<string, QueueDefinition>();

/**
 * Declares a queue, before the process boots.
 *
 * @throws Error if there is already a queue with that name
 */
export function defineQueue(name: string, rest: Omit<QueueDefinition, 'name'>): QueueDefinition {
  if (definitions.has(name)) throw new Error(`Queue ${name} is declared twice.`);
  const definition = { name, ...rest };
  definitions.set(name, definition);
  return definition;
}

/**
 * A mail server can be down for a while, and 4xx means "try again later". Mail is retried for at least 20 minutes,
 * whatever the jitter.
 */
const MAIL = {
  attempts: 8,
  backoff: { base: 2_000, factor: 4, cap: 900_000 },
  timeout: 30_000,
  effect: 'outside',
} as const;

/** Every queue of the system; a subscriber names one of them. */
export const Queues = {
  /** Mail that somebody waits for, such as codes and links. */
  mail: defineQueue('mail', { ...MAIL, class: 'default' }),
  /** Mail with an unsubscribe link. Separate, so that ten thousand digests do not delay a code. */
  bulkMail: defineQueue('bulk-mail', { ...MAIL, class: 'default' }),
  /** Read models and other effects in the database. */
  projections: defineQueue('projections', {
    class: 'critical',
    attempts: 10,
    backoff: { base: 1_000, factor: 2, cap: 1_024_000 },
    timeout: 10_000,
    effect: 'database',
  }),
  /** Cache invalidation: soon, or not at all, because entries expire by themselves. */
  caches: defineQueue('caches', {
    class: 'critical',
    attempts: 10,
    backoff: { base: 100, factor: 2, cap: 10_000 },
    timeout: 5_000,
    effect: 'outside',
  }),
  /**
   * Frames for connected clients. Few retries: late frames are of little use, because clients also read the data they
   * show.
   */
  realtime: defineQueue('realtime', {
    class: 'critical',
    attempts: 2,
    backoff: { base: 200, factor: 2, cap: 2_000 },
    timeout: 5_000,
    effect: 'database',
  }),
  /** Inboxes: soon, but nothing that others read depends on them. */
  notifications: defineQueue('notifications', {
    class: 'default',
    attempts: 10,
    backoff: { base: 1_000, factor: 2, cap: 1_024_000 },
    timeout: 10_000,
    effect: 'database',
  }),
  /** Webhooks: receivers can be down for hours, and slow ones must not delay others. */
  webhooks: defineQueue('webhooks', {
    class: 'low',
    attempts: 8,
    backoff: { base: 30_000, factor: 3, cap: 21_600_000 },
    timeout: 20_000,
    effect: 'outside',
    concurrency: 32,
  }),
  /** Push messages: useless after an hour. Slow services must not delay others. */
  push: defineQueue('push', {
    class: 'default',
    attempts: 6,
    backoff: { base: 2_000, factor: 4, cap: 900_000 },
    timeout: 30_000,
    effect: 'outside',
    concurrency: 32,
  }),
  /** Exports and erasures, in batches: long work that no user waits for. */
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

/** @returns whether exactly this definition is registered. */
export function isDeclared(queue: QueueDefinition | undefined): boolean {
  return queue !== undefined && definitions.get(queue.name) === queue;
}

/**
 * Exponential backoff with equal jitter (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog 2015): half
 * of the step is fixed, so that the total retry time has a lower bound; the other half is random to spread retries.
 *
 * @param failures number of failed attempts, from 1
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
