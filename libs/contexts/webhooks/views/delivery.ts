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

/** One request of a delivery, or the reason why there was none. */
@ApiSchema({ name: 'WebhookAttempt' })
export class AttemptView {
  @Field.dateTime({ description: 'When it began.' })
  at: string;

  @Field.uuid({ description: 'Header `X-Request-Id` of the request.' })
  requestId: string;

  @Field.integer({
    nullable: true,
    description: 'Status of the response; null without a response.',
    example: 500,
  })
  statusCode: number | null;

  @Field.oneOf(ATTEMPT_ERRORS, {
    nullable: true,
    description:
      'Why it failed; null if it did not. `status`: the response was no success, redirects included; `circuit-open`: the endpoint had just failed several times, so nothing was sent; `disabled`, `withheld` (what it tells is not there for you any more) and `backlog` (too many deliveries were open): nothing was sent.',
  })
  error: AttemptError | null;

  @Field.integer({ min: 0, description: 'Milliseconds until the response, or until it was given up.' })
  durationMs: number;
}

/** An event for a webhook. */
@ApiSchema({ name: 'WebhookDelivery' })
export class DeliveryView {
  @Field.uuid({ description: 'Id of the delivery: header `webhook-id` of its requests.' })
  id: string;

  @Field.uuid({ description: 'Id of the event.' })
  eventId: string;

  @Field.text({ max: 100, description: 'Type of the event.', example: 'social.user-followed' })
  eventType: string;

  @Field.oneOf(DELIVERY_STATUSES, {
    name: 'WebhookDeliveryStatus',
    description:
      '`pending`: being sent or retried; `delivered`; `failed`: all attempts failed; `skipped`: not sent. The last three can be sent again.',
  })
  status: DeliveryStatus;

  @Field.integer({ min: 0, description: 'Number of attempts.' })
  attempts: number;

  @Field.list(Item.object(() => AttemptView), { max: 20, description: 'The latest attempts, oldest first.' })
  log: AttemptView[];

  @Field.dateTime({ description: 'When it was created.' })
  createdAt: Date;

  @Field.dateTime({ nullable: true, description: 'When it ended; null while it is pending.' })
  finishedAt: Date | null;
}

/** The log of deliveries, as the owners of webhooks see it. What was sent is not shown. */
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
