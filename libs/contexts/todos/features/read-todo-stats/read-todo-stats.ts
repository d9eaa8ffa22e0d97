import { Controller, Get } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiSchema, ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { Clock } from '@rookery/domain';
import { SearchBulkhead, Sql } from '@rookery/persistence';
import { type Caller, CurrentCaller, Explain, Field } from '@rookery/web';
import { TodoAccess } from '../../services/todo-access';

@ApiSchema({ name: 'TodoStats' })
class TodoStatsView {
  @Field.integer({ description: 'Number of all todos.', example: 12 })
  total: number;

  @Field.integer({ description: 'Number of drafts.', example: 1 })
  draft: number;

  @Field.integer({ description: 'Number of pending todos, including overdue ones.', example: 7 })
  pending: number;

  @Field.integer({ description: 'Number of completed todos.', example: 4 })
  completed: number;

  @Field.integer({ description: 'Number of archived todos.', example: 0 })
  archived: number;

  @Field.integer({ description: 'Number of pending todos whose due date has passed.', example: 2 })
  overdue: number;
}

export class ReadTodoStats extends Query<TodoStatsView> {
  constructor(readonly userId: string) {
    super();
  }
}

@ApiTags('Todos')
@Controller('todos')
export class ReadTodoStatsRoute {
  constructor(private readonly queries: Queries) {}

  @Get('stats')
  @Explain({
    operationId: 'getTodoStats',
    summary: 'Count your todos',
    description: 'Counts the todos of `GET /v1/todos` by status.',
    ok: { type: TodoStatsView },
  })
  read(@CurrentCaller() { userId }: Caller): Promise<TodoStatsView> {
    return this.queries.execute(new ReadTodoStats(userId));
  }
}

@QueryHandler(ReadTodoStats)
export class ReadTodoStatsHandler implements IQueryHandler<ReadTodoStats> {
  constructor(
    private readonly access: TodoAccess,
    private readonly clock: Clock,
    private readonly searches: SearchBulkhead,
    private readonly sql: Sql,
  ) {}

  async execute({ userId }: ReadTodoStats): Promise<TodoStatsView> {
    const workspaces = await this.access.workspacesOf(userId);
    const count = () =>
      this.sql.row<TodoStatsView & Record<string, unknown>>(
        `SELECT count(*)::int AS total,
              (count(*) FILTER (WHERE status = 'DRAFT'))::int AS draft,
              (count(*) FILTER (WHERE status = 'PENDING'))::int AS pending,
              (count(*) FILTER (WHERE status = 'COMPLETED'))::int AS completed,
              (count(*) FILTER (WHERE status = 'ARCHIVED'))::int AS archived,
              (count(*) FILTER (WHERE status = 'PENDING' AND due_at < $3))::int AS overdue
       FROM todos.todos WHERE responsible_id = $1 AND workspace_id = ANY ($2::uuid[])`,
        [userId, workspaces.map(({ workspaceId }) => workspaceId), this.clock.now()],
      );
    return (await this.searches.run(count))!;
  }
}
