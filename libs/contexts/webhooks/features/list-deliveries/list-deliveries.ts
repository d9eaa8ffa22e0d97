import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NotFound } from '@rookery/domain';
import {
  BY_ID,
  type Caller,
  CurrentCaller,
  Explain,
  Field,
  ListQuery,
  type Page,
  paged,
  UuidParam,
} from '@rookery/web';
import { DELIVERY_STATUSES, type DeliveryStatus } from '../../storage/deliveries';
import { DeliveryView, DeliveryViews } from '../../views/delivery';
import { WebhookViews } from '../../views/webhook';

class DeliveryQuery extends ListQuery {
  @Field.oneOf(DELIVERY_STATUSES, {
    name: 'WebhookDeliveryStatus',
    optional: true,
    description: 'Only deliveries with this status.',
  })
  status?: DeliveryStatus;
}

export class ListWebhookDeliveries extends Query<Page<DeliveryView>> {
  constructor(
    readonly webhookId: string,
    readonly ownerId: string,
    readonly page: DeliveryQuery,
  ) {
    super();
  }
}

@ApiTags('Webhooks')
@Controller('webhooks')
export class ListWebhookDeliveriesRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id/deliveries')
  @Explain({
    operationId: 'listWebhookDeliveries',
    summary: 'List the deliveries of a webhook',
    description:
      'Newest first, each with its latest attempts. Deliveries are deleted after 30 days by default.',
    ok: { list: DeliveryView },
    rejects: [NotFound],
  })
  list(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @QueryString() page: DeliveryQuery,
  ): Promise<Page<DeliveryView>> {
    return this.queries.execute(new ListWebhookDeliveries(id, userId, page));
  }
}

@QueryHandler(ListWebhookDeliveries)
export class ListWebhookDeliveriesHandler implements IQueryHandler<ListWebhookDeliveries> {
  constructor(
    private readonly deliveries: DeliveryViews,
    private readonly webhooks: WebhookViews,
  ) {}

  async execute({ webhookId, ownerId, page }: ListWebhookDeliveries): Promise<Page<DeliveryView>> {
    await this.webhooks.get(webhookId, ownerId);
    const list = `webhook-deliveries:${webhookId}:${page.status ?? ''}`;
    return paged(page, list, BY_ID, ([before], limit) =>
      this.deliveries.of(webhookId, page.status, before, limit),
    );
  }
}
