import { Body, Controller, Patch } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, type ExpectedVersion, NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, IfMatch, UuidParam, Versioned } from '@rookery/web';
import { STATUSES, type TodoStatus } from '../../contract';
import {
  AssigneeUnsuitable,
  CategoryUnknown,
  FutureOccurrence,
  ParentUnsuitable,
  RecurrenceInvalid,
  RecurrenceNeedsDueDate,
  StatusUnreachable,
  TooManySubTodos,
} from '../../model/rejections';
import { PRIORITIES, type Priority } from '../../model/todo';
import { Completion } from '../../services/completion';
import { TodoAccess } from '../../services/todo-access';
import { TodoContents, type TodoInput } from '../../services/todo-contents';
import { Todos } from '../../storage/todos';
import { TODO, TodoFields, TodoView, TodoViews } from '../../views/todo';

class TodoUpdate extends TodoFields {
  @Field.text({ ...TODO.title, optional: true })
  title?: string;

  @Field.oneOf(STATUSES, {
    name: 'TodoStatus',
    optional: true,
    description:
      '`COMPLETED` completes the todo; a recurring todo only from the day of its due date. To make a completed or archived todo `PENDING` again, reopen it.',
  })
  status?: TodoStatus;

  @Field.oneOf(PRIORITIES, { ...TODO.priority, optional: true })
  priority?: Priority;

  @Field.integer({ ...TODO.sortOrder, optional: true })
  sortOrder?: number;
}

@Audited('todos.update-todo')
export class UpdateTodo extends Command<TodoView> {
  constructor(
    readonly todoId: string,
    readonly actorId: string,
    readonly changes: TodoInput & { status?: TodoStatus },
    readonly expectedVersion: ExpectedVersion,
  ) {
    super();
  }
}

@ApiTags('Todos')
@Controller('todos')
export class UpdateTodoRoute {
  constructor(private readonly commands: Commands) {}

  @Patch(':id')
  @Versioned()
  @Explain({
    operationId: 'updateTodo',
    summary: 'Change a todo',
    description:
      'Requires the `owner` or `member` role in the workspace. Fields that are left out do not change, and `null` clears a field. A body that changes nothing creates no new version. A new due date or recurrence rule restarts the series.',
    ok: { type: TodoView },
    rejects: [
      NotFound,
      AssigneeUnsuitable,
      CategoryUnknown,
      FutureOccurrence,
      ParentUnsuitable,
      RecurrenceInvalid,
      RecurrenceNeedsDueDate,
      StatusUnreachable,
      TooManySubTodos,
    ],
  })
  update(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @IfMatch() expectedVersion: ExpectedVersion,
    @Body() changes: TodoUpdate,
  ): Promise<TodoView> {
    return this.commands.execute(new UpdateTodo(id, userId, changes, expectedVersion));
  }
}

@CommandHandler(UpdateTodo)
export class UpdateTodoHandler implements ICommandHandler<UpdateTodo> {
  constructor(
    private readonly access: TodoAccess,
    private readonly clock: Clock,
    private readonly completion: Completion,
    private readonly contents: TodoContents,
    private readonly todos: Todos,
    private readonly views: TodoViews,
  ) {}

  async execute({ todoId, actorId, changes, expectedVersion }: UpdateTodo): Promise<TodoView> {
    const todo = await this.access.lockTodo(actorId, todoId, expectedVersion);
    const { status, ...input } = changes;
    const content = await this.contents.check(actorId, todo.workspaceId, input, todo);
    const completes = status === 'COMPLETED';
    const changed = todo.update({ ...content, ...(!completes && { status }) }, this.clock.now());
    // Both changes make one version of the row: completing stores the todo too, if it was not completed before.
    if (!completes || !(await this.completion.complete(todo, actorId)))
      if (changed) await this.todos.save(todo);
    return this.views.get(todoId);
  }
}
