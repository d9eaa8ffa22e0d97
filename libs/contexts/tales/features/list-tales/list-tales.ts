import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { type Caller, CurrentCaller, Explain, ListQuery, type Page } from '@rookery/web';
import { TaleSummaryView, TaleViews } from '../../views/tale';

export class ListTales extends Query<Page<TaleSummaryView>> {
  constructor(
    readonly userId: string,
    readonly page: ListQuery,
  ) {
    super();
  }
}

@ApiTags('Tales')
@Controller('tales')
export class ListTalesRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @Explain({
    operationId: 'listTales',
    summary: 'List your stories',
    description: 'Newest first. The texts are not included.',
    ok: { list: TaleSummaryView },
  })
  list(@CurrentCaller() { userId }: Caller, @QueryString() page: ListQuery): Promise<Page<TaleSummaryView>> {
    return this.queries.execute(new ListTales(userId, page));
  }
}

@QueryHandler(ListTales)
export class ListTalesHandler implements IQueryHandler<ListTales> {
  constructor(private readonly tales: TaleViews) {}

  execute({ userId, page }: ListTales): Promise<Page<TaleSummaryView>> {
    return this.tales.list(userId, page);
  }
}
