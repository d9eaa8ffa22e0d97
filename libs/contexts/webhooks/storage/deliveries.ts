import { Injectable } from '@nestjs/common';
import { newId, NotFound, Rejection } from '@rookery/domain';
import { Outbox, Sql } from '@rookery/persistence';
import { DeliveryDue } from '../events';
import { DeliveryPending } from '../model/rejections';

/** Attempts that a delivery's log keeps; the oldest go. */
const MAX_LOGGED = 20;
/** Earlier deliveries of a subject that are counted for one that waits. */
const MAX_AHEAD = 1_000;

/**
 * `pending`: to be sent, or retried; `delivered`: the receiver answered with success; `failed`: all attempts failed;
 * `skipped`: not sent, because the webhook was disabled, or too many deliveries were open.
 */
export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed', 'skipped'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** Why an attempt failed: there was no response, or it was not a success, or the endpoint is being left alone. */
export const ATTEMPT_ERRORS = [
  'blocked',
  'dns',
  'unreachable',
  'tls',
  'timeout',
  'connection',
  'status',
  'circuit-open',
  'disabled',
  'withheld',
  'backlog',
] as const;
export type AttemptError = (typeof ATTEMPT_ERRORS)[number];

/** What became of an attempt. */
export interface LoggedAttempt {
  at: string;
  requestId: string;
  statusCode: number | null;
  error: AttemptError | null;
  durationMs: number;
}

/** A delivery to be created. */
export interface NewDelivery {
  webhookId: string;
  ownerId: string;
  eventId: string;
  eventType: string;
  subject: string;
  sequence: number;
  /** What is sent. */
  body: string;
  /** Users other than the owner whom it tells something about. */
  about: readonly string[];
  /** That it is about. */
  workspaceId: string | null;
  status: 'pending' | 'skipped';
}

/** A delivery to be sent now, with what its webhook says. */
export interface Due {
  id: string;
  webhookId: string;
  ownerId: string;
  eventType: string;
  body: string;
  about: string[];
  workspaceId: string | null;
  url: string;
  active: boolean;
  secret: Buffer;
  /** Null once it is not valid any more. */
  previousSecret: Buffer | null;
  /** Whether the endpoint is being left alone. */
  open: boolean;
  /** How many earlier events of the subject have not been delivered; 0 where the webhook is not ordered. */
  ahead: number;
  /** Attempts that failed to deliver those. */
  attemptsAhead: number;
}

/** The log of deliveries. Their jobs are in the ledger, as those of {@link DeliveryDue}. */
@Injectable()
export class WebhookDeliveries {
  constructor(
    private readonly outbox: Outbox,
    private readonly sql: Sql,
  ) {}

  /** Creates deliveries, each once for a webhook and an event. @returns the ids of the new ones */
  async add(deliveries: readonly NewDelivery[]): Promise<string[]> {
    const rows = deliveries.map((each) => ({ ...each, id: newId(), log: logOf(each) }));
    const added = await this.sql.rows<{ id: string; status: DeliveryStatus }>(
      `INSERT INTO webhooks.deliveries (id, webhook_id, owner_id, event_id, event_type, subject, sequence, body, about,
                                        workspace_id, status, log, finished_at)
       SELECT id, "webhookId", "ownerId", "eventId", "eventType", subject, sequence, body, about,
              "workspaceId", status, log,
              CASE WHEN status <> 'pending' THEN now() END
       FROM jsonb_to_recordset($1::jsonb) AS row (id uuid, "webhookId" uuid, "ownerId" uuid, "eventId" uuid,
            "eventType" text, subject uuid, sequence int, body text, about uuid[], "workspaceId" uuid, status text, log jsonb)
       ON CONFLICT (webhook_id, event_id) DO NOTHING RETURNING id, status`,
      [JSON.stringify(rows)],
    );
    const due = added.filter(({ status }) => status === 'pending');
    if (due.length > 0) await this.outbox.append(due.map(({ id }) => dueEvent(id, 1)));
    return added.map(({ id }) => id);
  }

  /**
   * @param round that is to be sent
   * @returns what to send; undefined if it was delivered, is gone, or is sent by a later round
   */
  async due(id: string, round: number): Promise<Due | undefined> {
    return this.sql.row<Due & Record<string, unknown>>(
      `SELECT d.id, d.webhook_id AS "webhookId", d.owner_id AS "ownerId", d.event_type AS "eventType", d.body, d.about, d.workspace_id AS "workspaceId",
              w.url, w.active, w.secret,
              CASE WHEN w.previous_secret_expires_at > now() THEN w.previous_secret END AS "previousSecret",
              coalesce(w.open_until > now(), false) AS open,
              before.ahead, CASE WHEN w.failures > 0 THEN before.attempts ELSE 0 END AS "attemptsAhead"
       FROM webhooks.deliveries d JOIN webhooks.webhooks w ON w.id = d.webhook_id
       CROSS JOIN LATERAL (
         SELECT count(*)::int AS ahead, coalesce(max(attempts), 0) AS attempts FROM (
           SELECT attempts FROM webhooks.deliveries p
           WHERE w.ordered AND p.webhook_id = d.webhook_id AND p.subject = d.subject AND p.sequence < d.sequence
             AND p.status = 'pending'
           ORDER BY sequence LIMIT ${MAX_AHEAD}) AS pending) AS before
       WHERE d.id = $1 AND d.round = $2 AND d.status IN ('pending', 'failed')`,
      [id, round],
    );
  }

  /** Adds an attempt to the log of a delivery, and sets its status. */
  async record(id: string, status: DeliveryStatus, attempt: LoggedAttempt): Promise<void> {
    await this.sql.execute(
      `UPDATE webhooks.deliveries
       SET status = $2, attempts = attempts + 1,
           log = CASE WHEN jsonb_array_length(log) >= ${MAX_LOGGED} THEN log - 0 ELSE log END || $3::jsonb,
           finished_at = CASE WHEN $2 <> 'pending' THEN now() END
       WHERE id = $1`,
      [id, status, JSON.stringify([attempt])],
    );
  }

  /** Marks a delivery failed whose attempts are used up. */
  async giveUp(id: string, round: number): Promise<void> {
    await this.sql.execute(
      `UPDATE webhooks.deliveries SET status = 'failed', finished_at = now()
       WHERE id = $1 AND round = $2 AND status = 'pending'`,
      [id, round],
    );
  }

  /**
   * Has a delivery sent again, with the same id.
   *
   * @throws Rejection `resource.not-found`, or `webhooks.delivery-pending` if it has not ended
   */
  async sendAgain(webhookId: string, id: string): Promise<void> {
    const row = await this.sql.row<{ status: DeliveryStatus }>(
      'SELECT status FROM webhooks.deliveries WHERE id = $1 AND webhook_id = $2 FOR UPDATE',
      [id, webhookId],
    );
    if (!row) throw new Rejection(NotFound);
    if (row.status === 'pending') throw new Rejection(DeliveryPending);
    const sent = await this.sql.row<{ round: number }>(
      `UPDATE webhooks.deliveries SET status = 'pending', round = round + 1, finished_at = NULL
       WHERE id = $1 RETURNING round`,
      [id],
    );
    await this.outbox.append([dueEvent(id, sent!.round)]);
  }

  /**
   * Deletes what is older than the log is kept, with its jobs.
   *
   * @returns number of deleted deliveries
   */
  async prune(days: number, limit: number): Promise<number> {
    return this.delete(
      `created_at < now() - make_interval(days => $1) AND status <> 'pending' ORDER BY created_at LIMIT $2`,
      [days, limit],
    );
  }

  /** Deletes deliveries of a webhook, with their jobs. @returns number of deleted deliveries */
  async removeOf(webhookId: string, limit: number): Promise<number> {
    return this.delete('webhook_id = $1 LIMIT $2', [webhookId, limit]);
  }

  private async delete(which: string, parameters: unknown[]): Promise<number> {
    const deleted = await this.sql.rows<{ id: string }>(
      `DELETE FROM webhooks.deliveries WHERE id IN (SELECT id FROM webhooks.deliveries WHERE ${which}) RETURNING id`,
      parameters,
    );
    if (deleted.length > 0) await this.outbox.forget(...deleted.map(({ id }) => id));
    return deleted.length;
  }

  /** Deletes deliveries to a user. @returns their ids */
  async eraseOf(ownerId: string, limit: number): Promise<string[]> {
    const erased = await this.sql.rows<{ id: string }>(
      `DELETE FROM webhooks.deliveries
       WHERE id IN (SELECT id FROM webhooks.deliveries WHERE owner_id = $1 LIMIT $2) RETURNING id`,
      [ownerId, limit],
    );
    return erased.map(({ id }) => id);
  }
}

function dueEvent(id: string, round: number) {
  return { definition: DeliveryDue, subject: id, sequence: round, data: {} };
}

/** A skipped delivery says why; nothing was sent. */
function logOf({ status }: NewDelivery): LoggedAttempt[] {
  if (status === 'pending') return [];
  const at = new Date().toISOString();
  return [{ at, requestId: newId(), statusCode: null, error: 'backlog', durationMs: 0 }];
}
