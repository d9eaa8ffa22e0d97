import { Controller, Patch } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam, Versioned } from '@rookery/web';
import { FutureOccurrence, StatusUnreachable } from '../../model/rejections';
import { Completion } from '../../services/completion';
import { TodoAccess } from '../../services/todo-access';
import { TodoView, TodoViews } from '../../views/todo';

@Audited('todos.complete-todo')
export class CompleteTodo extends Command<TodoView> {
  constructor(
    readonly todoId: string,
    readonly actorId: string,
  ) {
    super();
  }
}

@ApiTags('Todos')
@Controller('todos')
export class CompleteTodoRoute {
  constructor(private readonly commands: Commands) {}

  @Patch(':id/complete')
  @Versioned()
  @Explain({
    operationId: 'completeTodo',
    summary: 'Complete a todo',
    description:
      'Requires the `owner` or `member` role in the workspace. Completing a completed todo again changes nothing. Completing a recurring todo creates the next todo of its series (`nextId`), due on the next future date of its recurrence rule. Before the day of its due date, a recurring todo cannot be completed (422 `todos.future-occurrence`).',
    ok: { type: TodoView },
    rejects: [NotFound, FutureOccurrence, StatusUnreachable],
  })
  complete(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<TodoView> {
    return this.commands.execute(new CompleteTodo(id, userId));
  }
}

@CommandHandler(CompleteTodo)
export class CompleteTodoHandler implements ICommandHandler<CompleteTodo> {
  constructor(
    private readonly access: TodoAccess,
    private readonly completion: Completion,
    private readonly views: TodoViews,
  ) {}

  async execute({ todoId, actorId }: CompleteTodo): Promise<TodoView> {
    const todo = await this.access.lockTodo(actorId, todoId, 'any');
    await this.completion.complete(todo, actorId);
    return this.views.get(todoId);
  }
}
