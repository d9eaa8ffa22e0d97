import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, type Page, UuidParam } from '@rookery/web';
import { TodoAccess } from '../../services/todo-access';
import { TodoView } from '../../views/todo';
import { assertDuePeriod, TodosQuery } from '../../views/todo-filters';
import { TodoLists } from '../../views/todo-lists';

export class ListWorkspaceTodos extends Query<Page<TodoView>> {
  constructor(
    readonly workspaceId: string,
    readonly viewerId: string,
    readonly page: TodosQuery,
  ) {
    super();
  }
}

@ApiTags('Todos')
@Controller('workspaces')
export class ListWorkspaceTodosRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id/todos')
  @Explain({
    operationId: 'getWorkspaceTodos',
    summary: 'List the todos of a workspace',
    description:
      'Everybody in the workspace can do this, including guests. Newest first unless `sort` says otherwise.',
    ok: { list: TodoView },
    rejects: [NotFound],
  })
  list(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @QueryString() page: TodosQuery,
  ): Promise<Page<TodoView>> {
    assertDuePeriod(page);
    return this.queries.execute(new ListWorkspaceTodos(id, userId, page));
  }
}

@QueryHandler(ListWorkspaceTodos)
export class ListWorkspaceTodosHandler implements IQueryHandler<ListWorkspaceTodos> {
  constructor(
    private readonly access: TodoAccess,
    private readonly lists: TodoLists,
  ) {}

  async execute({ workspaceId, viewerId, page }: ListWorkspaceTodos): Promise<Page<TodoView>> {
    await this.access.assertCanRead(viewerId, workspaceId);
    return this.lists.page({ workspaceId }, page);
  }
}
