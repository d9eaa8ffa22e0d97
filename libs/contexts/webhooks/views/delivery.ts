import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { Sql } from '@rookery/persistence';
import { Field, Item } from '@rookery/web';
import {
  ATTEMPT_ERRORS,
  type AttemptError,
  DELIVERY_STATUSES,
  type DeliveryStatus,
} from '../storage/deliveries';

/** One request of a delivery, or the reason why none was sent. */
@ApiSchema({ name: 'WebhookAttempt' })
export class AttemptView {
  @Field.dateTime({ description: 'When the attempt started.' })
  at: string;

  @Field.uuid({ description: 'Value of the header `X-Request-Id` of the request.' })
  requestId: string;

  @Field.integer({
    nullable: true,
    description: 'Status code of the response; null without a response.',
    example: 500,
  })
  statusCode: number | null;

  @Field.oneOf(ATTEMPT_ERRORS, {
    nullable: true,
    description:
      'Why the attempt failed; null if it succeeded. `status`: the response was not 2xx; redirects count as failures. No request was sent for these: `circuit-open` (the endpoint had just failed several times), `disabled` (the webhook is not active), `withheld` (you can no longer see the subject of the event) and `backlog` (too many deliveries were pending).',
  })
  error: AttemptError | null;

  @Field.integer({
    min: 0,
    description: 'Milliseconds until the response arrived or the attempt was aborted.',
  })
  durationMs: number;
}

/** An event for a webhook. */
@ApiSchema({ name: 'WebhookDelivery' })
export class DeliveryView {
  @Field.uuid({ description: 'Id of the delivery. Its requests have it in the header `webhook-id`.' })
  id: string;

  @Field.uuid({ description: 'Id of the event.' })
  eventId: string;

  @Field.text({ max: 100, description: 'Type of the event.', example: 'social.user-followed' })
  eventType: string;

  @Field.oneOf(DELIVERY_STATUSES, {
    name: 'WebhookDeliveryStatus',
    description:
      '`pending`: being sent or retried. `delivered`: the receiver returned 2xx. `failed`: all attempts failed. `skipped`: not sent. Deliveries that are not pending can be sent again.',
  })
  status: DeliveryStatus;

  @Field.integer({ min: 0, description: 'Number of attempts.' })
  attempts: number;

  @Field.list(Item.object(() => AttemptView), { max: 20, description: 'The latest attempts, oldest first.' })
  log: AttemptView[];

  @Field.dateTime({ description: 'When it was created.' })
  createdAt: Date;

  @Field.dateTime({ nullable: true, description: 'When it finished; null while it is pending.' })
  finishedAt: Date | null;
}

/** The log of deliveries, as the owners of webhooks see it. It does not show request bodies. */
@Injectable()
export class DeliveryViews {
  constructor(private readonly sql: Sql) {}

  /**
   * @param status undefined for all
   * @returns deliveries of a webhook before an id, newest first, at most `limit`
   */
  of(webhookId: string, status: string | undefined, before: string, limit: number): Promise<DeliveryView[]> {
    return this.sql.rows<DeliveryView & Record<string, unknown>>(
      `SELECT id, event_id AS "eventId", event_type AS "eventType", status, attempts, log,
              created_at AS "createdAt", finished_at AS "finishedAt"
       FROM webhooks.deliveries
       WHERE webhook_id = $1 AND id < $2::uuid ${status === undefined ? '' : 'AND status = $4'}
       ORDER BY id DESC LIMIT $3`,
      [webhookId, before, limit, ...(status === undefined ? [] : [status])],
    );
  }
}
