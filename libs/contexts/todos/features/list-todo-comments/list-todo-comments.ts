import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { MAX_UUID, NIL_UUID, NotFound } from '@rookery/domain';
import {
  type Caller,
  CurrentCaller,
  Explain,
  Field,
  ListQuery,
  type Page,
  paged,
  UuidParam,
} from '@rookery/web';
import { TodoAccess } from '../../services/todo-access';
import { Todos } from '../../storage/todos';
import { TodoCommentView, TodoCommentViews } from '../../views/todo-comment';

class TodoCommentsQuery extends ListQuery {
  @Field.oneOf(['asc', 'desc'], {
    default: 'desc',
    description: '`asc`: oldest first. `desc`: newest first.',
  })
  sort: 'asc' | 'desc' = 'desc';
}

export class ListTodoComments extends Query<Page<TodoCommentView>> {
  constructor(
    readonly todoId: string,
    readonly viewerId: string,
    readonly page: TodoCommentsQuery,
  ) {
    super();
  }
}

@ApiTags('Todos')
@Controller('todos')
export class ListTodoCommentsRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id/comments')
  @Explain({
    operationId: 'listTodoComments',
    summary: 'List the comments on a todo',
    description: 'Newest first, or oldest first with `sort=asc`.',
    ok: { list: TodoCommentView },
    rejects: [NotFound],
  })
  list(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @QueryString() page: TodoCommentsQuery,
  ): Promise<Page<TodoCommentView>> {
    return this.queries.execute(new ListTodoComments(id, userId, page));
  }
}

@QueryHandler(ListTodoComments)
export class ListTodoCommentsHandler implements IQueryHandler<ListTodoComments> {
  constructor(
    private readonly access: TodoAccess,
    private readonly comments: TodoCommentViews,
    private readonly todos: Todos,
  ) {}

  async execute({ todoId, viewerId, page }: ListTodoComments): Promise<Page<TodoCommentView>> {
    const { sort } = page;
    const first: readonly [string] = [sort === 'asc' ? NIL_UUID : MAX_UUID];
    const keyset = { first, of: ({ id }: TodoCommentView): readonly [string] => [id] };
    await this.access.assertCanRead(viewerId, await this.todos.workspaceOf(todoId));
    return paged(page, `todo-comments:${todoId}:${sort}`, keyset, ([after], limit) =>
      this.comments.of(todoId, sort, after, limit),
    );
  }
}
