import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { Suppressions } from '@rookery/mail';
import { BY_ID, Explain, ListQuery, type Page, paged, RequirePermission } from '@rookery/web';
import { SuppressionView } from '../../views/suppression';

export class ListSuppressions extends Query<Page<SuppressionView>> {
  constructor(readonly page: ListQuery) {
    super();
  }
}

@ApiTags('Mail')
@Controller('admin/mail/suppressions')
export class ListSuppressionsRoute {
  constructor(private readonly queries: Queries) {}

  @RequirePermission('ops:mail')
  @Get()
  @Explain({
    operationId: 'listMailSuppressions',
    summary: 'List addresses that get no mail',
    description:
      'Newest first. Addresses are not stored. Only their first letter and their domain are returned.',
    ok: { list: SuppressionView },
  })
  list(@QueryString() page: ListQuery): Promise<Page<SuppressionView>> {
    return this.queries.execute(new ListSuppressions(page));
  }
}

@QueryHandler(ListSuppressions)
export class ListSuppressionsHandler implements IQueryHandler<ListSuppressions> {
  constructor(private readonly suppressions: Suppressions) {}

  execute({ page }: ListSuppressions): Promise<Page<SuppressionView>> {
    return paged<SuppressionView, readonly [string]>(page, 'mail-suppressions', BY_ID, ([id], limit) =>
      this.suppressions.list(id, limit),
    );
  }
}
