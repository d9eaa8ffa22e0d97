import { Injectable } from '@nestjs/common';
import type { ErasedCounts, ExportedPage, PersonalData } from '@rookery/application';
import { Outbox, pagesById, Sql } from '@rookery/persistence';
import { WebhookDeliveries } from './storage/deliveries';
import { Webhooks } from './storage/webhooks';

const PAGE = 500;

/** The exported data. Contains no secrets. */
const SECTIONS: readonly { name: string; rows: string }[] = [
  {
    name: 'webhooks',
    rows: `SELECT id, url, events, ordered, active, disabled_reason AS "disabledReason", created_at AS "createdAt",
                  updated_at AS "updatedAt"
           FROM webhooks.webhooks WHERE owner_id = $1`,
  },
  {
    name: 'deliveries',
    rows: `SELECT id, webhook_id AS "webhookId", event_type AS "eventType", body, status, attempts, log,
                  created_at AS "createdAt", finished_at AS "finishedAt"
           FROM webhooks.deliveries WHERE owner_id = $1`,
  },
];

/** Columns of the schema with user ids that are handled here; `about` contains only ids of other users. */
export const KNOWN_COLUMNS: readonly string[] = [
  'deliveries.about',
  'deliveries.owner_id',
  'webhooks.owner_id',
];

/** Personal data of this context. */
@Injectable()
export class WebhooksPersonalData implements PersonalData {
  constructor(
    private readonly deliveries: WebhookDeliveries,
    private readonly outbox: Outbox,
    private readonly sql: Sql,
    private readonly webhooks: Webhooks,
  ) {}

  async *export(userId: string): AsyncGenerator<ExportedPage> {
    for (const { name, rows: select } of SECTIONS) {
      const read = (after: string, limit: number) =>
        this.sql.rows<{ id: string }>(`${select} AND id > $2 ORDER BY id LIMIT $3`, [userId, after, limit]);
      for await (const rows of pagesById(PAGE, read)) yield [name, rows];
    }
  }

  /** No events are sent for an account that is being deleted. */
  async hide(userId: string): Promise<void> {
    await this.webhooks.pauseAll(userId, 'account-deleted');
  }

  /** Also deletes the events of erased rows, so that no job remains, not even a failed one. */
  async erase(userId: string, limit: number): Promise<ErasedCounts> {
    const webhooks = await this.webhooks.eraseOf(userId, limit);
    const deliveries = await this.deliveries.eraseOf(userId, limit);
    const erased = [...webhooks, ...deliveries];
    if (erased.length > 0) await this.outbox.forget(...erased);
    return { webhooks: webhooks.length, deliveries: deliveries.length };
  }
}
