import { Controller, Get } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam, Versioned } from '@rookery/web';
import { TodoAccess } from '../../services/todo-access';
import { TodoView, TodoViews } from '../../views/todo';

export class ReadTodo extends Query<TodoView> {
  constructor(
    readonly todoId: string,
    readonly viewerId: string,
  ) {
    super();
  }
}

@ApiTags('Todos')
@Controller('todos')
export class ReadTodoRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id')
  @Versioned()
  @Explain({
    operationId: 'getTodo',
    summary: 'Read a todo',
    description: 'Returns a todo of one of your workspaces. Returns 404 for a todo that you cannot see.',
    ok: { type: TodoView },
    rejects: [NotFound],
  })
  read(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<TodoView> {
    return this.queries.execute(new ReadTodo(id, userId));
  }
}

@QueryHandler(ReadTodo)
export class ReadTodoHandler implements IQueryHandler<ReadTodo> {
  constructor(
    private readonly access: TodoAccess,
    private readonly views: TodoViews,
  ) {}

  async execute({ todoId, viewerId }: ReadTodo): Promise<TodoView> {
    const todo = await this.views.get(todoId);
    await this.access.assertCanRead(viewerId, todo.workspaceId);
    return todo;
  }
}
