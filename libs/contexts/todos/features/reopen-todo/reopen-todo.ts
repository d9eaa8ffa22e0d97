import { Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam, Versioned } from '@rookery/web';
import { StatusUnreachable } from '../../model/rejections';
import { TodoAccess } from '../../services/todo-access';
import { Todos } from '../../storage/todos';
import { TodoView, TodoViews } from '../../views/todo';

@Audited('todos.reopen-todo')
export class ReopenTodo extends Command<TodoView> {
  constructor(
    readonly todoId: string,
    readonly actorId: string,
  ) {
    super();
  }
}

@ApiTags('Todos')
@Controller('todos')
export class ReopenTodoRoute {
  constructor(private readonly commands: Commands) {}

  @Post(':id/reopen')
  @Versioned()
  @Explain({
    operationId: 'reopenTodo',
    summary: 'Reopen a todo',
    description:
      'Requires the `owner` or `member` role in the workspace. A completed or archived todo becomes pending again. If it recurs, the next todo of its series is kept.',
    ok: { type: TodoView },
    rejects: [NotFound, StatusUnreachable],
  })
  reopen(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<TodoView> {
    return this.commands.execute(new ReopenTodo(id, userId));
  }
}

@CommandHandler(ReopenTodo)
export class ReopenTodoHandler implements ICommandHandler<ReopenTodo> {
  constructor(
    private readonly access: TodoAccess,
    private readonly clock: Clock,
    private readonly todos: Todos,
    private readonly views: TodoViews,
  ) {}

  async execute({ todoId, actorId }: ReopenTodo): Promise<TodoView> {
    const todo = await this.access.lockTodo(actorId, todoId, 'any');
    todo.reopen(this.clock.now());
    await this.todos.save(todo);
    return this.views.get(todoId);
  }
}
