import { Controller, Get } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam } from '@rookery/web';
import { TaleView, TaleViews } from '../../views/tale';

export class ReadTale extends Query<TaleView> {
  constructor(
    readonly userId: string,
    readonly taleId: string,
  ) {
    super();
  }
}

@ApiTags('Tales')
@Controller('tales')
export class ReadTaleRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id')
  @Explain({
    operationId: 'getTale',
    summary: 'Read one of your stories',
    description:
      'Returns a story that you requested, with the text written so far. Returns 404 for stories of other users.',
    ok: { type: TaleView },
    rejects: [NotFound],
  })
  read(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<TaleView> {
    return this.queries.execute(new ReadTale(userId, id));
  }
}

@QueryHandler(ReadTale)
export class ReadTaleHandler implements IQueryHandler<ReadTale> {
  constructor(private readonly tales: TaleViews) {}

  execute({ userId, taleId }: ReadTale): Promise<TaleView> {
    return this.tales.get(taleId, userId);
  }
}
