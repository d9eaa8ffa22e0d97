import { Injectable } from '@nestjs/common';
import { newId, NotFound, Rejection } from '@rookery/domain';
import { Outbox, Sql } from '@rookery/persistence';
import { DeliveryDue } from '../events';
import { DeliveryPending } from '../model/rejections';

/** Maximum attempts in the log of a delivery; older ones are removed. */
const MAX_LOGGED = 20;
/** Maximum earlier deliveries of a subject that are counted for a waiting one. */
const MAX_AHEAD = 1_000;

/**
 * `pending`: to be sent, or retried; `delivered`: the receiver returned 2xx; `failed`: all attempts failed; `skipped`:
 * not sent, because the webhook was disabled, or too many deliveries were open.
 */
export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed', 'skipped'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** Why an attempt failed: no response, a response other than 2xx, or an endpoint that is paused. */
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

/** The outcome of an attempt. */
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
  /** The body of the request. */
  body: string;
  /** Users other than the owner that it is about. */
  about: readonly string[];
  /** The workspace that it is about. */
  workspaceId: string | null;
  status: 'pending' | 'skipped';
}

/** A delivery to be sent now, with the state of its webhook. */
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
  /** Null if it is no longer valid. */
  previousSecret: Buffer | null;
  /** Whether the endpoint is paused. */
  open: boolean;
  /** Number of earlier events of the subject that are not delivered yet; 0 if the webhook is not ordered. */
  ahead: number;
  /** Failed attempts to deliver those. */
  attemptsAhead: number;
}

/** The log of deliveries. Their jobs are in the ledger of {@link DeliveryDue}. */
@Injectable()
export class WebhookDeliveries {
  constructor(
    private readonly outbox: Outbox,
    private readonly sql: Sql,
  ) {}

  /** Creates deliveries, at most one per webhook and event. @returns the ids of the new ones */
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
   * @param round round to send
   * @returns the delivery to send; undefined if it was delivered or deleted, or a later round sends it
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

  /** Marks a delivery as failed after its last attempt. */
  async giveUp(id: string, round: number): Promise<void> {
    await this.sql.execute(
      `UPDATE webhooks.deliveries SET status = 'failed', finished_at = now()
       WHERE id = $1 AND round = $2 AND status = 'pending'`,
      [id, round],
    );
  }

  /**
   * Schedules a delivery again, with the same id.
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
   * Deletes deliveries that are older than the log is kept, with their jobs.
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

/** The log entry of a skipped delivery: the reason; no request was sent. */
function logOf({ status }: NewDelivery): LoggedAttempt[] {
  if (status === 'pending') return [];
  const at = new Date().toISOString();
  return [{ at, requestId: newId(), statusCode: null, error: 'backlog', durationMs: 0 }];
}
