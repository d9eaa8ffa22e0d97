import { setTimeout as pause } from 'node:timers/promises';
import { isNativeError } from 'node:util/types';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Conflict, type EventEnvelope, Rejection } from '@rookery/domain';
import { continueTrace, withWorkContext } from '@rookery/observability';
import {
  type Claimed,
  Deliveries,
  isDatabaseUnavailable,
  type NotClaimed,
  TickBatcher,
  Transaction,
} from '@rookery/persistence';
import { DelayedError, type Job, Worker } from 'bullmq';
import { type DeliveryJob, Dispatch } from './dispatch';
import { deliveriesTotal, deliverySeconds } from './metrics';
import { backoffMs, declaredQueues } from './queues';
import { PREFIX, RedisConnections } from '@rookery/redis';
import { QueueSettings } from './settings';
import { type AnySubscriber, type Attempt, Reject, Snooze } from './subscriber';
import { type KnownSubscriber, Subscribers } from './subscribers';

/** A worker renews the lock on its job; if the worker dies, the lock expires and another worker takes over the job. */
const LOCK = { lockDuration: 10_000, stalledInterval: 2_000, maxStalledCount: 1_000_000 };
/** A delivery whose worker died this often while holding it is considered the cause. */
const MAX_CRASHES = 10;
/** Milliseconds until a delivery that may not run now is checked again. */
const AGAIN_MS = { early: 50, busy: 500, held: 5_000 };
const UNAVAILABLE_MS = 1_000;
/**
 * Lease of an external effect: after its worker died, no other worker takes it over earlier; an active worker renews
 * it.
 */
const LEASE_MS = 10_000;
const CLOSE_MS = 20_000;
const LOOK_MS = 50;

/**
 * How an attempt ended: `done`; `over`, if there is nothing to do for now; or what it requires of the queue: the job
 * again after some milliseconds.
 */
type Outcome = 'done' | 'over' | { again: number };

interface Delivery {
  subscriber: KnownSubscriber;
  key: DeliveryJob;
}

/** Runs the deliveries from the queues, each checked against the ledger. */
@Injectable()
export class Consumer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger(Consumer.name);
  private readonly together = new TickBatcher((deliveries: Delivery[]) => this.runInTransaction(deliveries));
  private atWork = 0;
  private workers: Worker<DeliveryJob, 'done' | 'over'>[] = [];

  constructor(
    private readonly deliveries: Deliveries,
    private readonly dispatch: Dispatch,
    private readonly moduleRef: ModuleRef,
    private readonly redis: RedisConnections,
    private readonly settings: QueueSettings,
    private readonly subscribers: Subscribers,
    private readonly transaction: Transaction,
  ) {}

  onApplicationBootstrap(): void {
    this.workers = declaredQueues().map((queue) => {
      const worker = new Worker<DeliveryJob, 'done' | 'over'>(
        queue.name,
        (job, token) => this.process(job, token),
        {
          ...LOCK,
          connection: this.redis.blocking(),
          prefix: PREFIX,
          concurrency: queue.concurrency ?? this.settings[queue.class],
        },
      );
      worker.on('error', (error) => this.log.debug(`${queue.name}: ${error.message}`));
      worker.on('completed', (job, result) => {
        if (result === 'over') void this.checkDecisions(queue.name, job.data);
      });
      return worker;
    });
  }

  /**
   * Takes no more jobs and waits for active ones. BullMQ's own close waits forever while Redis is down (bullmq#4656);
   * then it is enough that the ledger has recorded the results.
   */
  async onModuleDestroy(): Promise<void> {
    const giveUpAt = performance.now() + CLOSE_MS;
    for (const worker of this.workers) void worker.pause(true);
    while (this.atWork > 0 && performance.now() < giveUpAt) await pause(LOOK_MS);
    const force = this.atWork > 0 || !(await this.redisAnswers());
    const closed = Promise.allSettled(this.workers.map((worker) => worker.close(force)));
    await Promise.race([closed, pause(Math.max(0, giveUpAt - performance.now()), undefined, { ref: false })]);
  }

  private redisAnswers(): Promise<boolean> {
    return this.redis.shared.ping().then(
      () => true,
      () => false,
    );
  }

  private async process(job: Job<DeliveryJob>, token: string | undefined): Promise<'done' | 'over'> {
    const end = deliverySeconds.startTimer({ subscriber: job.data.subscriber });
    this.atWork += 1;
    const outcome = await this.attempt(job).catch((error: Error): Outcome => {
      this.log.warn(`${job.name} ${job.data.eventId}: the ledger cannot be reached: ${error.message}`);
      return { again: UNAVAILABLE_MS };
    });
    this.atWork -= 1;
    end();
    if (typeof outcome === 'string') return outcome;
    await job.moveToDelayed(Date.now() + outcome.again, token);
    throw new DelayedError();
  }

  private async attempt(job: Job<DeliveryJob>): Promise<Outcome> {
    const subscriber = this.subscribers.get(job.data.subscriber);
    if (!subscriber) return this.park(job.data, 'no such subscriber here');
    if (job.stalledCounter >= MAX_CRASHES) {
      return this.failed(subscriber, job.data, new Reject(`Its worker died ${job.stalledCounter} times.`));
    }
    try {
      const claimed = await (subscriber.queue.effect === 'database'
        ? this.together.run({ subscriber, key: job.data })
        : this.runOutside({ subscriber, key: job.data }));
      if (typeof claimed === 'object') return claimed;
      if (claimed === 'done') deliveriesTotal.inc({ subscriber: subscriber.name, outcome: 'done' });
      return claimed === 'done' || claimed === 'over' ? claimed : { again: AGAIN_MS[claimed] };
    } catch (error) {
      return this.failed(subscriber, job.data, errorOf(error));
    }
  }

  /** One transaction for deliveries that arrived together; if one of them fails, each gets its own transaction. */
  private runInTransaction(deliveries: readonly Delivery[]): Promise<(NotClaimed | 'done')[]> {
    return this.transaction.run(
      async () => {
        const claims = await this.claim(deliveries);
        const done: DeliveryJob[] = [];
        for (const [index, { subscriber, key }] of deliveries.entries()) {
          const claim = claims[index]!;
          if (typeof claim === 'string') continue;
          await this.handle(subscriber, key, claim);
          done.push(key);
        }
        if (done.length > 0) this.deliveries.done(done);
        return claims.map((claim) => (typeof claim === 'string' ? claim : 'done'));
      },
      { redone: true, byKey: true },
    );
  }

  private async runOutside(delivery: Delivery): Promise<NotClaimed | 'done' | Outcome> {
    const { subscriber, key } = delivery;
    const claimed = await this.transaction.run(async () => {
      const [claim] = await this.claim([delivery]);
      if (typeof claim !== 'string') await this.deliveries.lease(key, LEASE_MS);
      return claim!;
    });
    if (typeof claimed === 'string') return claimed;
    let failure: Error | undefined;
    let renewed: Promise<unknown> | undefined;
    const renewal = setInterval(() => {
      renewed = this.transaction.run(() => this.deliveries.lease(key, LEASE_MS)).catch(() => undefined);
    }, LEASE_MS / 3);
    try {
      await this.handle(subscriber, key, claimed);
    } catch (error) {
      // ECONNREFUSED comes from the mail server here: it must not be mistaken for an unavailable PostgreSQL, which
      // counts no attempt.
      failure = errorOf(error);
    } finally {
      clearInterval(renewal);
      await renewed; // a late renewal would delay the next attempt
    }
    if (failure) return this.effectFailed(subscriber, key, failure);
    await this.transaction.run(async () => this.deliveries.done([key]));
    return 'done';
  }

  private claim(deliveries: readonly Delivery[]): Promise<(Claimed | NotClaimed)[]> {
    return this.deliveries.claim(
      deliveries.map(({ subscriber: { name, formerly, ordered }, key }) => ({
        ...key,
        after: ordered ? [name, ...formerly] : [],
      })),
    );
  }

  private async handle(
    subscriber: KnownSubscriber,
    key: DeliveryJob,
    { envelope, attempts }: Claimed,
  ): Promise<void> {
    const definition = subscriber.events.find(
      ({ type, version }) => type === envelope.type && version === envelope.version,
    );
    if (!definition) {
      const event = `${envelope.type} v${envelope.version}`;
      if (!subscriber.retired.some(({ type }) => type === envelope.type)) throw new UnknownVersion(event);
      this.log.log(`${subscriber.name} ${envelope.id}: finished without effect: ${event} is retired`);
      return;
    }
    const signal = AbortSignal.timeout(subscriber.policy.timeout);
    const attempt: Attempt = { key: `${envelope.id}:${key.subscriber}`, number: attempts + 1, signal };
    await inContextOf(envelope, () =>
      untilAborted(this.instance(subscriber).handle(envelope, attempt), signal),
    );
  }

  private failed(subscriber: KnownSubscriber, key: DeliveryJob, error: Error): Promise<Outcome> {
    if (isDatabaseUnavailable(error)) return this.snooze(key, UNAVAILABLE_MS);
    return this.effectFailed(subscriber, key, error);
  }

  private async effectFailed(subscriber: KnownSubscriber, key: DeliveryJob, error: Error): Promise<Outcome> {
    if (error instanceof UnknownVersion) return this.park(key, error.message);
    if (error instanceof Snooze) return this.snooze(key, error.delayMs);
    const attempts = await this.deliveries.attempts(key);
    if (attempts === undefined) return 'over';
    const giveUp = isFinal(error) || attempts + 1 >= subscriber.policy.attempts;
    if (giveUp) return this.giveUp(subscriber, key, error);
    const delay = backoffMs(subscriber.policy, attempts + 1);
    await this.transaction.run(() => this.deliveries.failed(key, error, delay));
    deliveriesTotal.inc({ subscriber: subscriber.name, outcome: 'retried' });
    this.log.warn(
      `${subscriber.name} ${key.eventId}: attempt ${attempts + 1} failed, next in ${delay} ms: ${error.message}`,
    );
    return { again: delay };
  }

  private async giveUp(subscriber: KnownSubscriber, key: DeliveryJob, error: Error): Promise<Outcome> {
    try {
      await this.transaction.run(async () => {
        if (!(await this.deliveries.failed(key, error, null))) return;
        const dead = await this.deliveries.deadOne(key);
        const instance = this.instance(subscriber);
        if (dead && instance.onDiscarded)
          await inContextOf(dead.envelope, () => instance.onDiscarded!(dead.envelope, error));
      });
    } catch (regret) {
      if (isDatabaseUnavailable(regret)) throw regret;
      const { message, stack } = errorOf(regret);
      this.log.error(
        `${subscriber.name} ${key.eventId}: cannot be marked dead, is retried: ${message}`,
        stack,
      );
      return this.snooze(key, backoffMs(subscriber.policy, subscriber.policy.attempts));
    }
    deliveriesTotal.inc({ subscriber: subscriber.name, outcome: 'dead' });
    this.log.error(`${subscriber.name} ${key.eventId}: failed permanently: ${error.message}`, error.stack);
    const dead = await this.deliveries.deadOne(key);
    if (dead) await this.dispatch.addFailed(dead).catch(() => undefined); // the redrive shows it when Redis is back
    return 'over';
  }

  /**
   * A dead or parked delivery can have become pending again, or been discarded, before its job was removed: adding it
   * had no effect then, and it was shown as dead afterwards. If this fails, the sweep finds it.
   */
  private async checkDecisions(queue: string, key: DeliveryJob): Promise<void> {
    try {
      if (!(await this.deliveries.deadOne(key))) await this.dispatch.removeFailed(queue, key);
      if ((await this.deliveries.attempts(key)) !== undefined)
        await this.dispatch.add([{ ...key, queue, delayMs: 0 }]);
    } catch (error) {
      this.log.debug(`${key.subscriber} ${key.eventId}: ${(error as Error).message}`);
    }
  }

  private async park(key: DeliveryJob, reason: string): Promise<Outcome> {
    await this.transaction.run(() => this.deliveries.park(key));
    deliveriesTotal.inc({ subscriber: key.subscriber, outcome: 'parked' });
    this.log.warn(`${key.subscriber} ${key.eventId}: parked: ${reason}`);
    return 'over';
  }

  private async snooze(key: DeliveryJob, delayMs: number): Promise<Outcome> {
    await this.transaction.run(() => this.deliveries.snooze(key, delayMs));
    return { again: delayMs };
  }

  private instance(subscriber: KnownSubscriber): AnySubscriber {
    return this.moduleRef.get(subscriber.type, { strict: false });
  }
}

/** This build does not know the event or its version; a newer worker does. */
class UnknownVersion extends Error {}

/** A domain rejection would happen again, except if a dependency was unavailable or a concurrent change won. */
function isFinal(error: Error): boolean {
  if (!(error instanceof Rejection)) return error instanceof Reject;
  return error.kind !== 'unavailable' && error.code !== Conflict.code;
}

/** Anything can be thrown. */
function errorOf(thrown: unknown): Error {
  return isNativeError(thrown) ? thrown : new Error(String(thrown));
}

function inContextOf<T>(event: EventEnvelope, work: () => Promise<T>): Promise<T> {
  return withWorkContext(
    {
      correlationId: event.correlationId,
      causationId: event.id,
      actorId: event.actorId,
      traceparent: continueTrace(event.traceparent),
    },
    work,
  );
}

async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, fail) => {
    abort = () => fail(new Error(`Timed out: ${(signal.reason as Error).message}`));
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort!);
  }
}
