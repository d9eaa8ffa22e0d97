import { Controller, Get } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiSchema, ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { Sql } from '@rookery/persistence';
import { type Caller, CurrentCaller, Explain, Field } from '@rookery/web';

@ApiSchema({ name: 'Focus' })
class FocusView {
  @Field.uuid({ nullable: true, description: 'The todo that you are focused on; null if there is none.' })
  todoId: string | null;

  @Field.dateTime({ nullable: true, description: 'When your focus session started; null if there is none.' })
  startedAt: Date | null;
}

export class ReadFocus extends Query<FocusView> {
  constructor(readonly userId: string) {
    super();
  }
}

@ApiTags('Focus and schedule')
@Controller('focus')
export class ReadFocusRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @Explain({
    operationId: 'getFocus',
    summary: 'Read what you are focused on',
    description: 'Returns the todo that you are focused on. A user has one focus session at a time.',
    ok: { type: FocusView },
  })
  read(@CurrentCaller() { userId }: Caller): Promise<FocusView> {
    return this.queries.execute(new ReadFocus(userId));
  }
}

@QueryHandler(ReadFocus)
export class ReadFocusHandler implements IQueryHandler<ReadFocus> {
  constructor(private readonly sql: Sql) {}

  async execute({ userId }: ReadFocus): Promise<FocusView> {
    const row = await this.sql.row<FocusView & Record<string, unknown>>(
      `SELECT todo_id AS "todoId", started_at AS "startedAt" FROM todos.focus_sessions
       WHERE user_id = $1 AND stopped_at IS NULL`,
      [userId],
    );
    return row ?? { todoId: null, startedAt: null };
  }
}
