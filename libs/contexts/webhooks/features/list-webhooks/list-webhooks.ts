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
  ListQuery,
  type Page,
  paged,
  UuidParam,
} from '@rookery/web';
import { WebhookView, WebhookViews } from '../../views/webhook';

const LIST = 'webhooks';

export class ListWebhooks extends Query<Page<WebhookView>> {
  constructor(
    readonly ownerId: string,
    readonly page: ListQuery,
  ) {
    super();
  }
}

export class ReadWebhook extends Query<WebhookView> {
  constructor(
    readonly id: string,
    readonly ownerId: string,
  ) {
    super();
  }
}

@ApiTags('Webhooks')
@Controller('webhooks')
export class ListWebhooksRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @Explain({
    operationId: 'listWebhooks',
    summary: 'List your webhooks',
    description: 'Newest first. Secrets are not shown.',
    ok: { list: WebhookView },
  })
  list(@CurrentCaller() { userId }: Caller, @QueryString() page: ListQuery): Promise<Page<WebhookView>> {
    return this.queries.execute(new ListWebhooks(userId, page));
  }

  @Get(':id')
  @Explain({
    operationId: 'getWebhook',
    summary: 'Read a webhook',
    description: 'Returns one of your webhooks, without its secret. Returns 404 for webhooks of other users.',
    ok: { type: WebhookView },
    rejects: [NotFound],
  })
  read(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<WebhookView> {
    return this.queries.execute(new ReadWebhook(id, userId));
  }
}

@QueryHandler(ListWebhooks)
export class ListWebhooksHandler implements IQueryHandler<ListWebhooks> {
  constructor(private readonly views: WebhookViews) {}

  async execute({ ownerId, page }: ListWebhooks): Promise<Page<WebhookView>> {
    return paged(page, LIST, BY_ID, ([before], limit) => this.views.of(ownerId, before, limit));
  }
}

@QueryHandler(ReadWebhook)
export class ReadWebhookHandler implements IQueryHandler<ReadWebhook> {
  constructor(private readonly views: WebhookViews) {}

  execute({ id, ownerId }: ReadWebhook): Promise<WebhookView> {
    return this.views.get(id, ownerId);
  }
}
