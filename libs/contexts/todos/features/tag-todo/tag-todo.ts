import { Controller, Delete, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound, Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam } from '@rookery/web';
import { Memberships } from '../../../workspaces/contract';
import { TooManyTags } from '../../model/rejections';
import { MAX_TAGS } from '../../model/todo';
import { TodoAccess } from '../../services/todo-access';
import { Todos } from '../../storage/todos';
import { TodoTags } from '../../storage/todo-tags';

@Audited<TagTodo>('todos.tag-todo', { subject: ({ todoId }) => todoId })
export class TagTodo extends Command<void> {
  constructor(
    readonly todoId: string,
    readonly tagId: string,
    readonly actorId: string,
  ) {
    super();
  }
}

@Audited<UntagTodo>('todos.untag-todo', { subject: ({ todoId }) => todoId })
export class UntagTodo extends Command<void> {
  constructor(
    readonly todoId: string,
    readonly tagId: string,
    readonly actorId: string,
  ) {
    super();
  }
}

@ApiTags('Todos')
@Controller('todos/:id/tags/:tagId')
export class TagTodoRoute {
  constructor(private readonly commands: Commands) {}

  @Post()
  @Explain({
    operationId: 'tagTodo',
    summary: 'Add a tag to a todo',
    description: `Requires the \`owner\` or \`member\` role in the workspace. The tag must belong to the workspace of the todo. A todo can have at most ${MAX_TAGS} tags. Repeating the request changes nothing.`,
    ok: { status: 204 },
    rejects: [NotFound, TooManyTags],
  })
  tag(
    @UuidParam() id: string,
    @UuidParam('tagId') tagId: string,
    @CurrentCaller() { userId }: Caller,
  ): Promise<void> {
    return this.commands.execute(new TagTodo(id, tagId, userId));
  }

  @Delete()
  @Explain({
    operationId: 'untagTodo',
    summary: 'Remove a tag from a todo',
    description:
      'Requires the `owner` or `member` role in the workspace. Repeating the request changes nothing.',
    ok: { status: 204 },
    rejects: [NotFound],
  })
  untag(
    @UuidParam() id: string,
    @UuidParam('tagId') tagId: string,
    @CurrentCaller() { userId }: Caller,
  ): Promise<void> {
    return this.commands.execute(new UntagTodo(id, tagId, userId));
  }
}

@CommandHandler(TagTodo)
export class TagTodoHandler implements ICommandHandler<TagTodo> {
  constructor(
    private readonly access: TodoAccess,
    private readonly clock: Clock,
    private readonly memberships: Memberships,
    private readonly tags: TodoTags,
    private readonly todos: Todos,
  ) {}

  async execute({ todoId, tagId, actorId }: TagTodo): Promise<void> {
    const todo = await this.access.lockTodo(actorId, todoId, 'any');
    const [tag] = await this.memberships.lockTags(todo.workspaceId, [tagId]);
    if (!tag) throw new Rejection(NotFound);
    if (!(await this.tags.add(todoId, todo.workspaceId, [tag]))) return;
    if ((await this.tags.countOf(todoId)) > MAX_TAGS) throw new Rejection(TooManyTags);
    todo.retag(this.clock.now());
    await this.todos.save(todo);
  }
}

@CommandHandler(UntagTodo)
export class UntagTodoHandler implements ICommandHandler<UntagTodo> {
  constructor(
    private readonly access: TodoAccess,
    private readonly clock: Clock,
    private readonly tags: TodoTags,
    private readonly todos: Todos,
  ) {}

  async execute({ todoId, tagId, actorId }: UntagTodo): Promise<void> {
    const todo = await this.access.lockTodo(actorId, todoId, 'any');
    if (!(await this.tags.remove(todoId, tagId))) return;
    todo.retag(this.clock.now());
    await this.todos.save(todo);
  }
}
