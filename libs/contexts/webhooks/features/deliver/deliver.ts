import { Clock, type EventOf, newId } from '@rookery/domain';
import { type Attempt, type Handles, Queues, Reject, Snooze, Subscriber } from '@rookery/messaging';
import { counter, histogram } from '@rookery/observability';
import { Lanes, type OutboundAnswer, OutboundFailure, OutboundHttp } from '@rookery/outbound-http';
import { Transaction } from '@rookery/persistence';
import { DeliveryDue } from '../../events';
import { PING } from '../../offered-events';
import { WebhookSecrets } from '../../services/secrets';
import { DeliveryViewers } from '../../services/viewers';
import { WebhookSettings } from '../../settings';
import { type AttemptError, type Due, type LoggedAttempt, WebhookDeliveries } from '../../storage/deliveries';
import { Webhooks } from '../../storage/webhooks';

/** Milliseconds until an ordered delivery looks again whether the one before it is over: at least, and at most. */
const ORDER_MS = 1_000;
const MAX_ORDER_MS = 600_000;
/** Seconds that an endpoint may ask to be left alone (Retry-After). */
const MAX_PAUSE_SECONDS = 900;
const GONE = 410;

const attemptsTotal = counter({
  name: 'rookery_webhook_attempts_total',
  help: 'Attempts to deliver to webhooks, by outcome: delivered, or why not.',
  labels: ['outcome'],
});
const seconds = histogram({
  name: 'rookery_webhook_request_duration_seconds',
  help: 'Time until webhooks answered, or were given up.',
});
const disabledTotal = counter({
  name: 'rookery_webhooks_disabled_total',
  help: 'Webhooks that were disabled without their owners, by reason: failing, gone.',
  labels: ['reason'],
});

/**
 * Sends a delivery: at least once, always with the same `webhook-id`. Any status but 2xx is a failure and is retried,
 * except by a blocked URL. A webhook that is disabled, and what its owner may not see any more, is skipped.
 */
@Subscriber('webhooks.deliver', DeliveryDue, { queue: Queues.webhooks })
export class Deliver implements Handles<typeof DeliveryDue> {
  private readonly lanes = new Lanes();

  constructor(
    private readonly clock: Clock,
    private readonly deliveries: WebhookDeliveries,
    private readonly http: OutboundHttp,
    private readonly secrets: WebhookSecrets,
    private readonly settings: WebhookSettings,
    private readonly transaction: Transaction,
    private readonly viewers: DeliveryViewers,
    private readonly webhooks: Webhooks,
  ) {}

  async handle({ subject, sequence }: EventOf<typeof DeliveryDue>, { signal }: Attempt): Promise<void> {
    const due = await this.deliveries.due(subject, sequence);
    if (!due) return;
    if (!due.active && due.eventType !== PING) return this.skip(due, 'disabled');
    if (due.ahead > 0) throw new Snooze(turnOf(due));
    if (!(await this.viewers.maySee(due.ownerId, due.about, due.workspaceId)))
      return this.skip(due, 'withheld');
    if (due.open && due.eventType !== PING) {
      // It has just failed several times, so this counts as an attempt: after hours of it, a delivery has failed.
      await this.log(due, 'pending', attemptOf(this.clock.now(), newId(), { error: 'circuit-open' }));
      throw new Error('The endpoint has just failed several times.');
    }
    const { host } = new URL(due.url);
    const leave = this.lanes.enter({ endpoint: due.webhookId, owner: due.ownerId, host });
    if (typeof leave === 'number') throw new Snooze(leave);
    const started = performance.now();
    let durationMs = 0;
    const requestId = newId();
    const at = this.clock.now();
    const outcome = await this.send(due, requestId, at, signal).finally(() => {
      durationMs = Math.round(performance.now() - started);
      leave(durationMs);
      seconds.observe(durationMs / 1_000);
    });
    if (outcome instanceof OutboundFailure) {
      await this.failed(due, attemptOf(at, requestId, { error: outcome.reason, durationMs }));
      if (outcome.reason === 'blocked') throw new Reject(outcome.message);
      throw outcome;
    }
    const { status: statusCode, headers } = outcome;
    if (statusCode >= 200 && statusCode < 300) {
      await this.transaction.run(async () => {
        await this.webhooks.resetFailures(due.webhookId);
        await this.log(due, 'delivered', attemptOf(at, requestId, { statusCode, durationMs }));
      });
      return;
    }
    const attempt = attemptOf(at, requestId, { statusCode, error: 'status', durationMs });
    await this.failed(due, attempt, pauseOf(headers['retry-after']));
    if (statusCode === GONE) throw new Reject('The receiver answered 410.');
    throw new Error(`The receiver answered ${statusCode}.`);
  }

  async onDiscarded({ subject, sequence }: EventOf<typeof DeliveryDue>): Promise<void> {
    await this.deliveries.giveUp(subject, sequence);
  }

  private async send(
    { id, webhookId, url, body, secret, previousSecret }: Due,
    requestId: string,
    at: Date,
    signal: AbortSignal,
  ): Promise<OutboundAnswer | OutboundFailure> {
    const timestamp = Math.floor(at.getTime() / 1_000);
    const secrets = previousSecret ? [secret, previousSecret] : [secret];
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Rookery-Webhooks/1',
      'x-request-id': requestId,
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': this.secrets.sign(webhookId, secrets, { id, timestamp, body }),
    };
    return this.http.post({ url, headers, body, signal }).catch((error: unknown) => {
      if (error instanceof OutboundFailure) return error;
      throw error;
    });
  }

  private async failed(due: Due, attempt: LoggedAttempt, pauseSeconds?: number): Promise<void> {
    await this.transaction.run(async () => {
      const reason = attempt.statusCode === GONE ? 'gone' : 'failing';
      const exhausted = await this.webhooks.failed(
        due.webhookId,
        pauseSeconds,
        this.settings.disableAfterHours,
      );
      await this.log(due, 'pending', attempt);
      if (exhausted || reason === 'gone') await this.disable(due.webhookId, reason);
    });
  }

  private async disable(webhookId: string, reason: 'failing' | 'gone'): Promise<void> {
    const webhook = await this.webhooks.getLocked(webhookId);
    if (!webhook.disable(reason, this.clock.now())) return;
    await this.webhooks.save(webhook);
    disabledTotal.inc({ reason });
  }

  private async skip(due: Due, error: AttemptError): Promise<void> {
    await this.log(due, 'skipped', attemptOf(this.clock.now(), newId(), { error }));
  }

  private async log(
    { id }: Due,
    status: 'pending' | 'delivered' | 'skipped',
    attempt: LoggedAttempt,
  ): Promise<void> {
    attemptsTotal.inc({ outcome: attempt.error ?? 'delivered' });
    await this.transaction.run(() => this.deliveries.record(id, status, attempt));
  }
}

/**
 * @returns milliseconds until it may be the turn of an ordered delivery: longer the more are before it, and the longer the
 *   first of them waits for its next attempt, so that a long queue behind a dead endpoint asks seldom
 */
function turnOf({ ahead, attemptsAhead }: Due): number {
  return Math.min(MAX_ORDER_MS, ORDER_MS * ahead * 2 ** attemptsAhead);
}

function attemptOf(
  at: Date,
  requestId: string,
  { statusCode = null, error = null, durationMs = 0 }: Partial<LoggedAttempt>,
): LoggedAttempt {
  return { at: at.toISOString(), requestId, statusCode, error, durationMs };
}

/** @returns the seconds of a `Retry-After` in seconds, the only form of it that is honored; bounded */
function pauseOf(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d{1,9}$/.test(header)) return undefined;
  return Math.min(Number(header), MAX_PAUSE_SECONDS);
}
