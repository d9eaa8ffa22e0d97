import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { type Caller, CurrentCaller, Explain, type Page } from '@rookery/web';
import { TodoAccess } from '../../services/todo-access';
import { TodoView } from '../../views/todo';
import { assertDuePeriod, TodosQuery } from '../../views/todo-filters';
import { TodoLists } from '../../views/todo-lists';

export class ListTodos extends Query<Page<TodoView>> {
  constructor(
    readonly userId: string,
    readonly page: TodosQuery,
  ) {
    super();
  }
}

@ApiTags('Todos')
@Controller('todos')
export class ListTodosRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @Explain({
    operationId: 'listTodos',
    summary: 'List your todos',
    description:
      'Lists the todos of all your workspaces that are assigned to you, or that you created and that are assigned to nobody. Newest first unless `sort` says otherwise.',
    ok: { list: TodoView },
  })
  list(@CurrentCaller() { userId }: Caller, @QueryString() page: TodosQuery): Promise<Page<TodoView>> {
    assertDuePeriod(page);
    return this.queries.execute(new ListTodos(userId, page));
  }
}

@QueryHandler(ListTodos)
export class ListTodosHandler implements IQueryHandler<ListTodos> {
  constructor(
    private readonly access: TodoAccess,
    private readonly lists: TodoLists,
  ) {}

  async execute({ userId, page }: ListTodos): Promise<Page<TodoView>> {
    const workspaces = await this.access.workspacesOf(userId);
    const workspaceIds = workspaces.map(({ workspaceId }) => workspaceId);
    return this.lists.page({ responsibleId: userId, workspaceIds }, page);
  }
}
