import { Injectable } from '@nestjs/common';
import { NotFound, Rejection } from '@rookery/domain';
import { Interests, Outbox, Repository, Sql, type StoredAs, Transaction } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { Webhook, type WebhookState } from '../model/webhook';
import { FAN_OUT, interestsOf } from '../offered-events';

/** Consecutive failures after which an endpoint is paused. */
const CIRCUIT_FAILURES = 5;
/** Seconds for which it is paused. */
const CIRCUIT_SECONDS = 60;
/**
 * Minimum consecutive failures before a webhook is disabled, in addition to the time, so that one failed event a week
 * does not disable it.
 */
const DISABLE_FAILURES = 16;
/** Maximum pending deliveries while the endpoint keeps failing. Further events are only logged. */
const MAX_BACKLOG = 1_000;

/** The state of the endpoint (`failures`, `failing_since`, `open_until`) is not part of the aggregate. */
export const webhookSchema = new EntitySchema<WebhookState>({
  name: 'Webhook',
  schema: 'webhooks',
  tableName: 'webhooks',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    ownerId: { type: 'uuid', name: 'owner_id' },
    url: { type: 'text' },
    events: { type: 'text', array: true },
    ordered: { type: 'boolean' },
    active: { type: 'boolean' },
    disabledReason: { type: 'text', name: 'disabled_reason', nullable: true },
    secret: { type: 'bytea' },
    previousSecret: { type: 'bytea', name: 'previous_secret', nullable: true },
    previousSecretExpiresAt: {
      type: 'timestamptz',
      precision: 3,
      name: 'previous_secret_expires_at',
      nullable: true,
    },
    createdAt: { type: 'timestamptz', precision: 3, name: 'created_at' },
    updatedAt: { type: 'timestamptz', precision: 3, name: 'updated_at' },
  },
});

/** An active webhook that receives an event. */
export interface Subscribed {
  id: string;
  ownerId: string;
  /** Whether too many deliveries are pending because it has failed for so long. */
  full: boolean;
}

/**
 * The webhooks of all users. The subscriptions of active webhooks are registered as `Interests` in the same
 * transaction.
 */
@Injectable()
export class Webhooks extends Repository<WebhookState, Webhook> {
  protected readonly storedAs: StoredAs<WebhookState, Webhook> = {
    schema: webhookSchema,
    restore: (state) => new Webhook(state),
  };

  constructor(
    transaction: Transaction,
    sql: Sql,
    outbox: Outbox,
    private readonly interests: Interests,
  ) {
    super(transaction, sql, outbox);
  }

  override async save(webhook: Webhook): Promise<void> {
    const keys = webhook.active ? interestsOf(webhook.events, webhook.ownerId) : [];
    await this.interests.replace(FAN_OUT, webhook.id, keys);
    await super.save(webhook);
  }

  override async remove(webhook: Webhook): Promise<void> {
    await this.interests.end(FAN_OUT, [webhook.id]);
    await super.remove(webhook);
  }

  /**
   * Loads and locks a webhook of a user.
   *
   * @throws Rejection `resource.not-found` also if it belongs to another user
   */
  async getOwnLocked(id: string, ownerId: string): Promise<Webhook> {
    const webhook = await this.getLocked(id);
    if (webhook.ownerId !== ownerId) throw new Rejection(NotFound);
    return webhook;
  }

  /** Serializes transactions that add webhooks of a user or pause all of them, until the current transaction ends. */
  async lockOwner(ownerId: string): Promise<void> {
    await this.sql.execute(
      `SELECT pg_advisory_xact_lock(hashtextextended('webhooks.owner:' || $1::text, 0))`,
      [ownerId],
    );
  }

  async countOf(ownerId: string): Promise<number> {
    const row = await this.sql.row<{ count: number }>(
      'SELECT count(*)::int AS count FROM webhooks.webhooks WHERE owner_id = $1',
      [ownerId],
    );
    return row!.count;
  }

  /** @returns the active webhooks of some users that receive events of a type, in one statement */
  async subscribed(ownerIds: readonly string[], type: string): Promise<Subscribed[]> {
    return this.sql.rows<Subscribed & Record<string, unknown>>(
      `SELECT id, owner_id AS "ownerId",
              failures >= ${CIRCUIT_FAILURES} AND $3 <= (SELECT count(*) FROM (
                SELECT 1 FROM webhooks.deliveries WHERE webhook_id = w.id AND status = 'pending' LIMIT $3) AS open) AS full
       FROM webhooks.webhooks w WHERE owner_id = ANY ($1::uuid[]) AND active AND $2 = ANY (events)
       ORDER BY id`,
      [ownerIds, type, MAX_BACKLOG],
    );
  }

  /**
   * Resets the failures of an endpoint after a success, or when the owner activates the webhook. Does not write if
   * there are none.
   */
  async resetFailures(id: string): Promise<void> {
    await this.sql.execute(
      `UPDATE webhooks.webhooks SET failures = 0, failing_since = NULL, open_until = NULL
       WHERE id = $1 AND failing_since IS NOT NULL`,
      [id],
    );
  }

  /**
   * Records a failure of an endpoint. After several consecutive failures the endpoint is paused.
   *
   * @param pauseSeconds `Retry-After` of the response in seconds; undefined without one
   * @param disableAfterHours hours without a success
   * @returns whether it has failed for so long that the webhook must be disabled
   */
  async failed(id: string, pauseSeconds: number | undefined, disableAfterHours: number): Promise<boolean> {
    const row = await this.sql.row<{ exhausted: boolean }>(
      `UPDATE webhooks.webhooks
       SET failures = failures + 1, failing_since = coalesce(failing_since, now()),
           open_until = CASE WHEN $2::float8 IS NOT NULL THEN now() + $2 * interval '1 s'
                             WHEN failures + 1 >= ${CIRCUIT_FAILURES} THEN now() + interval '${CIRCUIT_SECONDS} s' END
       WHERE id = $1
       RETURNING failures >= ${DISABLE_FAILURES} AND failing_since < now() - $3 * interval '1 h' AS exhausted`,
      [id, pauseSeconds ?? null, disableAfterHours],
    );
    return row?.exhausted ?? false;
  }

  /** Deactivates all webhooks of a user until the owner activates them again. */
  async pauseAll(ownerId: string, reason: 'account-deleted' | 'access-reset'): Promise<void> {
    await this.lockOwner(ownerId);
    const paused = await this.sql.rows<{ id: string }>(
      `UPDATE webhooks.webhooks SET active = false, disabled_reason = coalesce(disabled_reason, $2)
       WHERE owner_id = $1 RETURNING id`,
      [ownerId, reason],
    );
    if (paused.length > 0)
      await this.interests.end(
        FAN_OUT,
        paused.map(({ id }) => id),
      );
  }

  /** Removes webhooks of a user without raising events. @returns their ids */
  async eraseOf(ownerId: string, limit: number): Promise<string[]> {
    const erased = await this.sql.rows<{ id: string }>(
      `DELETE FROM webhooks.webhooks
       WHERE id IN (SELECT id FROM webhooks.webhooks WHERE owner_id = $1 LIMIT $2) RETURNING id`,
      [ownerId, limit],
    );
    const ids = erased.map(({ id }) => id);
    if (ids.length > 0) await this.interests.end(FAN_OUT, ids);
    return ids;
  }
}
