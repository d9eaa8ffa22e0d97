import { Body, Controller, Post, Res } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound } from '@rookery/domain';
import { Transaction } from '@rookery/persistence';
import { type Caller, CurrentCaller, Explain, Field, UuidParam, Versioned } from '@rookery/web';
import type { FastifyReply } from 'fastify';
import {
  AssigneeUnsuitable,
  CategoryUnknown,
  ParentUnsuitable,
  RecurrenceInvalid,
  RecurrenceNeedsDueDate,
  TooManySubTodos,
  TooManyTodos,
} from '../../model/rejections';
import { metrics } from '../../metrics';
import { NO_CONTENT, PRIORITIES, type Priority, Todo } from '../../model/todo';
import { TodoAccess } from '../../services/todo-access';
import { TodoContents, type TodoInput } from '../../services/todo-contents';
import { Todos } from '../../storage/todos';
import { TODO, TodoFields, TodoView, TodoViews } from '../../views/todo';

class TodoCreate extends TodoFields {
  @Field.text(TODO.title)
  title: string;

  @Field.oneOf(['DRAFT', 'PENDING'], {
    default: 'PENDING',
    description: 'Initial status. A draft is never overdue, and nobody is reminded of it.',
  })
  status: 'DRAFT' | 'PENDING' = 'PENDING';

  @Field.oneOf(PRIORITIES, { ...TODO.priority, default: 'medium' })
  priority: Priority = 'medium';

  @Field.integer({ ...TODO.sortOrder, default: 0 })
  sortOrder = 0;
}

@Audited('todos.create-todo')
export class CreateTodo extends Command<TodoView> {
  constructor(
    readonly workspaceId: string,
    readonly authorId: string,
    readonly input: TodoInput & { title: string; priority: Priority },
    readonly status: 'DRAFT' | 'PENDING',
  ) {
    super();
  }
}

@ApiTags('Todos')
@Controller('workspaces')
export class CreateTodoRoute {
  constructor(private readonly commands: Commands) {}

  @Post(':id/todos')
  @Versioned()
  @Explain({
    operationId: 'createTodo',
    summary: 'Create a todo',
    description:
      'Requires the `owner` or `member` role in the workspace. A workspace can have at most 100,000 todos.',
    ok: { status: 201, type: TodoView, headers: { Location: 'URL of the todo.' } },
    rejects: [
      NotFound,
      AssigneeUnsuitable,
      CategoryUnknown,
      ParentUnsuitable,
      RecurrenceInvalid,
      RecurrenceNeedsDueDate,
      TooManySubTodos,
      TooManyTodos,
    ],
  })
  async create(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @Body() { status, ...input }: TodoCreate,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TodoView> {
    const todo = await this.commands.execute(new CreateTodo(id, userId, input, status));
    reply.header('location', `/v1/todos/${todo.id}`);
    return todo;
  }
}

@CommandHandler(CreateTodo)
export class CreateTodoHandler implements ICommandHandler<CreateTodo> {
  constructor(
    private readonly access: TodoAccess,
    private readonly clock: Clock,
    private readonly contents: TodoContents,
    private readonly todos: Todos,
    private readonly transaction: Transaction,
    private readonly views: TodoViews,
  ) {}

  async execute({ workspaceId, authorId, input, status }: CreateTodo): Promise<TodoView> {
    await this.access.lockWriter(authorId, workspaceId);
    const content = await this.contents.check(authorId, workspaceId, input, null);
    const todo = Todo.create(
      { workspaceId, authorId, status },
      { ...NO_CONTENT, ...content, title: input.title },
      this.clock.now(),
    );
    await this.todos.save(todo);
    this.transaction.afterCommit(() => metrics.created.inc());
    const [view] = await Promise.all([this.views.get(todo.id), this.todos.assertRoom(workspaceId)]);
    return view;
  }
}
