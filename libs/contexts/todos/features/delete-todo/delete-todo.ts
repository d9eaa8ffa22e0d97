import { Controller, Delete } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam } from '@rookery/web';
import { TodoAccess } from '../../services/todo-access';
import { Todos } from '../../storage/todos';

@Audited('todos.delete-todo')
export class DeleteTodo extends Command<void> {
  constructor(
    readonly todoId: string,
    readonly actorId: string,
  ) {
    super();
  }
}

@ApiTags('Todos')
@Controller('todos')
export class DeleteTodoRoute {
  constructor(private readonly commands: Commands) {}

  @Delete(':id')
  @Explain({
    operationId: 'deleteTodo',
    summary: 'Delete a todo',
    description:
      'Requires the `owner` or `member` role in the workspace. Also deletes the sub-todos, comments and attachments of the todo.',
    ok: { status: 204 },
    rejects: [NotFound],
  })
  delete(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<void> {
    return this.commands.execute(new DeleteTodo(id, userId));
  }
}

@CommandHandler(DeleteTodo)
export class DeleteTodoHandler implements ICommandHandler<DeleteTodo> {
  constructor(
    private readonly access: TodoAccess,
    private readonly todos: Todos,
  ) {}

  async execute({ todoId, actorId }: DeleteTodo): Promise<void> {
    const todo = await this.access.lockTodo(actorId, todoId, 'any');
    await this.todos.delete(todo);
  }
}
