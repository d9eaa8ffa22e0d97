import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { type Caller, CurrentCaller, Explain, Field } from '@rookery/web';
import { STATS_MAX_DAYS } from '../../settings';
import { StatsViews, StoryStats } from '../../views/stats';

class StatsQuery {
  @Field.integer({
    min: 1,
    max: STATS_MAX_DAYS,
    default: 7,
    description: 'Number of days to look back from now.',
  })
  days = 7;
}

export class ReadMyStats extends Query<StoryStats> {
  constructor(
    readonly userId: string,
    readonly days: number,
  ) {
    super();
  }
}

@ApiTags('Stories')
@Controller('me/stats')
export class ReadMyStatsRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @Explain({
    operationId: 'getMyStats',
    summary: 'Read the statistics of your stories',
    description: 'Includes expired and deleted stories.',
    ok: { type: StoryStats },
  })
  read(@CurrentCaller() { userId }: Caller, @QueryString() { days }: StatsQuery): Promise<StoryStats> {
    return this.queries.execute(new ReadMyStats(userId, days));
  }
}

@QueryHandler(ReadMyStats)
export class ReadMyStatsHandler implements IQueryHandler<ReadMyStats> {
  constructor(private readonly stats: StatsViews) {}

  execute({ userId, days }: ReadMyStats): Promise<StoryStats> {
    return this.stats.of(userId, days);
  }
}
