import { Injectable } from '@nestjs/common';
import { NotFound, Rejection } from '@rookery/domain';
import { Interests, Outbox, Repository, Sql, type StoredAs, Transaction } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { Webhook, type WebhookState } from '../model/webhook';
import { FAN_OUT, interestsOf } from '../offered-events';

/** Failures in a row after which an endpoint is left alone for a while. */
const CIRCUIT_FAILURES = 5;
/** Seconds for which it is. */
const CIRCUIT_SECONDS = 60;
/** Failures in a row, besides the time, before a webhook is disabled: one event a week is not enough. */
const DISABLE_FAILURES = 16;
/** Open deliveries beyond which the events of a webhook are only logged while its endpoint has failed several times in a row. */
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
  /** Whether it has failed for so long that too many deliveries are open. */
  full: boolean;
}

/** The webhooks of all users. What an active one subscribes to is registered as its interests, in the same transaction. */
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
   * @throws Rejection `resource.not-found` also if it is somebody else's
   */
  async getOwnLocked(id: string, ownerId: string): Promise<Webhook> {
    const webhook = await this.getLocked(id);
    if (webhook.ownerId !== ownerId) throw new Rejection(NotFound);
    return webhook;
  }

  /** Serializes what adds webhooks of a user, and what pauses all of them, until the current transaction ends. */
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

  /** Forgets the failures of an endpoint: it answered with success, or its owner says that it works. A healthy one is not written. */
  async resetFailures(id: string): Promise<void> {
    await this.sql.execute(
      `UPDATE webhooks.webhooks SET failures = 0, failing_since = NULL, open_until = NULL
       WHERE id = $1 AND failing_since IS NOT NULL`,
      [id],
    );
  }

  /**
   * Records a failure of an endpoint. After several in a row it is left alone for a while.
   *
   * @param pauseSeconds how long it asked to be left alone; undefined if it did not
   * @param disableAfterHours of failures alone
   * @returns whether it has failed for so long that the webhook is to be disabled
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

  /** Stops all webhooks of a user, until their owner activates them. */
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
