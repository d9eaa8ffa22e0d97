import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { NotFound, Rejection } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import { Field, Item } from '@rookery/web';
import { DISABLED_REASONS, type DisabledReason } from '../model/webhook';
import { OFFERED_TYPES } from '../offered-events';

/** Limits and descriptions of the fields that bodies and responses share. */
export const WEBHOOK = {
  url: {
    description:
      'URL that receives the events: a public https URL on port 443 or a port from 1024 up, without credentials.',
    example: 'https://hooks.example.com/rookery',
  },
  event: Item.oneOf(OFFERED_TYPES, 'WebhookEventType'),
  events: {
    min: 1,
    max: 100,
    unique: true,
    description:
      'Types of events to send. Only events that concern you are sent: what you did, and what others did to you.',
    example: ['social.user-followed'],
  },
  ordered: {
    description:
      'Whether the events of one subject are sent in order. A later event waits until each earlier one was delivered or has permanently failed.',
  },
  active: { description: 'Whether events are sent.' },
};

/** A webhook of the caller. */
@ApiSchema({ name: 'Webhook' })
export class WebhookView {
  @Field.uuid({ description: 'Id of the webhook.' })
  id: string;

  @Field.url(WEBHOOK.url)
  url: string;

  @Field.list(WEBHOOK.event, WEBHOOK.events)
  events: string[];

  @Field.boolean(WEBHOOK.ordered)
  ordered: boolean;

  @Field.boolean(WEBHOOK.active)
  active: boolean;

  @Field.oneOf(DISABLED_REASONS, {
    nullable: true,
    description:
      'Why it is not active; null while it is active. `failing`: deliveries failed for days. `gone`: the receiver returned 410. `owner`: you turned it off. `access-reset`: your sessions and API keys were revoked, for example by a password reset.',
  })
  disabledReason: DisabledReason | null;

  @Field.dateTime({
    nullable: true,
    description: 'Since when all attempts have failed; null while deliveries succeed.',
  })
  failingSince: Date | null;

  @Field.dateTime({
    nullable: true,
    description: 'Until when requests are also signed with the previous secret; null if there is none.',
  })
  previousSecretExpiresAt: Date | null;

  @Field.dateTime({ description: 'When it was created.' })
  createdAt: Date;

  @Field.dateTime({ description: 'When it was last changed.' })
  updatedAt: Date;
}

const SELECT_WEBHOOK = `SELECT id, url, events, ordered, active, disabled_reason AS "disabledReason",
  failing_since AS "failingSince",
  CASE WHEN previous_secret_expires_at > now() THEN previous_secret_expires_at END AS "previousSecretExpiresAt",
  created_at AS "createdAt", updated_at AS "updatedAt" FROM webhooks.webhooks`;

type Row = WebhookView & Record<string, unknown>;

/** Webhooks, as their owners see them. */
@Injectable()
export class WebhookViews {
  constructor(private readonly sql: Sql) {}

  /** @throws Rejection `resource.not-found` unless the owner has it */
  async get(id: string, ownerId: string): Promise<WebhookView> {
    const row = await this.sql.row<Row>(`${SELECT_WEBHOOK} WHERE id = $1 AND owner_id = $2`, [id, ownerId]);
    if (!row) throw new Rejection(NotFound);
    return row;
  }

  /** @returns the webhooks of a user before an id, newest first, at most `limit` */
  of(ownerId: string, before: string, limit: number): Promise<WebhookView[]> {
    return this.sql.rows<Row>(
      `${SELECT_WEBHOOK} WHERE owner_id = $1 AND id < $2::uuid ORDER BY id DESC LIMIT $3`,
      [ownerId, before, limit],
    );
  }
}
