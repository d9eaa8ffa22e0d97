import { Controller, Get } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { Sql } from '@rookery/persistence';
import { type Caller, CurrentCaller, Explain } from '@rookery/web';
import { PreferencesView } from '../../views/preferences';
import { NO_PREFERENCES } from '../../model/preferences';

export class ReadPreferences extends Query<PreferencesView> {
  constructor(readonly userId: string) {
    super();
  }
}

@ApiTags('Account')
@Controller('me/preferences')
export class ReadPreferencesRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @Explain({
    operationId: 'getPreferences',
    summary: 'Read reading preferences',
    description: 'Returns the defaults without interests until you first update them.',
    ok: { type: PreferencesView },
  })
  read(@CurrentCaller() caller: Caller): Promise<PreferencesView> {
    return this.queries.execute(new ReadPreferences(caller.userId));
  }
}

@QueryHandler(ReadPreferences)
export class ReadPreferencesHandler implements IQueryHandler<ReadPreferences> {
  constructor(private readonly sql: Sql) {}

  async execute({ userId }: ReadPreferences): Promise<PreferencesView> {
    const said = await this.sql.row<PreferencesView & Record<string, unknown>>(
      `SELECT interests, tone, length, language, time_zone AS "timeZone", updated_at AS "updatedAt"
       FROM identity.preferences WHERE user_id = $1`,
      [userId],
    );
    return said ?? { ...NO_PREFERENCES, updatedAt: null };
  }
}
