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

/** Minimum and maximum milliseconds until an ordered delivery checks again whether the previous one has finished. */
const ORDER_MS = 1_000;
const MAX_ORDER_MS = 600_000;
/** Maximum seconds of a `Retry-After` header that are honored. */
const MAX_PAUSE_SECONDS = 900;
const GONE = 410;

const attemptsTotal = counter({
  name: 'rookery_webhook_attempts_total',
  help: 'Delivery attempts to webhooks, by outcome: delivered, or the reason of the failure.',
  labels: ['outcome'],
});
const seconds = histogram({
  name: 'rookery_webhook_request_duration_seconds',
  help: 'Time in seconds until webhooks responded or the attempt was aborted.',
});
const disabledTotal = counter({
  name: 'rookery_webhooks_disabled_total',
  help: 'Webhooks that were disabled automatically, by reason: failing, gone.',
  labels: ['reason'],
});

/**
 * Sends a delivery at least once, always with the same `webhook-id`. Any status other than 2xx is a failure. Failures
 * are retried, except a blocked URL and a status of 410. Skips deliveries to a disabled webhook, and deliveries about
 * something that the owner can no longer see.
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
      // The endpoint has just failed several times. This counts as an attempt, so that the delivery fails after hours.
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
    if (statusCode === GONE) throw new Reject('The receiver returned 410.');
    throw new Error(`The receiver returned ${statusCode}.`);
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
 * @returns milliseconds until an ordered delivery checks again. Grows with the number of deliveries before it and with
 *   their failed attempts, so that a long queue behind a dead endpoint checks rarely
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

/** @returns the value of a `Retry-After` header in seconds, limited; other forms of the header are ignored */
function pauseOf(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d{1,9}$/.test(header)) return undefined;
  return Math.min(Number(header), MAX_PAUSE_SECONDS);
}
