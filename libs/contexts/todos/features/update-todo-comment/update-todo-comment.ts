import { Body, Controller, Delete, Patch } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { assertVersion, Clock, type ExpectedVersion, NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, IfMatch, UuidParam, Versioned } from '@rookery/web';
import { Mentions } from '../../services/mentions';
import { TodoAccess } from '../../services/todo-access';
import { TodoComments } from '../../storage/todo-comments';
import { TODO_COMMENT, TodoCommentView, TodoCommentViews } from '../../views/todo-comment';

class TodoCommentUpdate {
  @Field.text(TODO_COMMENT.content)
  content: string;
}

@Audited('todos.update-comment')
export class UpdateTodoComment extends Command<TodoCommentView> {
  constructor(
    readonly todoId: string,
    readonly commentId: string,
    readonly actorId: string,
    readonly content: string,
    readonly expectedVersion: ExpectedVersion,
  ) {
    super();
  }
}

@Audited('todos.delete-comment')
export class DeleteTodoComment extends Command<void> {
  constructor(
    readonly todoId: string,
    readonly commentId: string,
    readonly actorId: string,
  ) {
    super();
  }
}

@ApiTags('Todos')
@Controller('todos')
export class UpdateTodoCommentRoute {
  constructor(private readonly commands: Commands) {}

  @Patch(':id/comments/:commentId')
  @Versioned()
  @Explain({
    operationId: 'updateTodoComment',
    summary: 'Change a comment on a todo',
    description:
      'Only the author can do this. Notifies the members that the new text mentions and the old one did not.',
    ok: { type: TodoCommentView },
    rejects: [NotFound],
  })
  update(
    @UuidParam() id: string,
    @UuidParam('commentId') commentId: string,
    @CurrentCaller() { userId }: Caller,
    @IfMatch() expectedVersion: ExpectedVersion,
    @Body() { content }: TodoCommentUpdate,
  ): Promise<TodoCommentView> {
    return this.commands.execute(new UpdateTodoComment(id, commentId, userId, content, expectedVersion));
  }

  @Delete(':id/comments/:commentId')
  @Explain({
    operationId: 'deleteTodoComment',
    summary: 'Delete a comment on a todo',
    description: 'Only the author can do this.',
    ok: { status: 204 },
    rejects: [NotFound],
  })
  delete(
    @UuidParam() id: string,
    @UuidParam('commentId') commentId: string,
    @CurrentCaller() { userId }: Caller,
  ): Promise<void> {
    return this.commands.execute(new DeleteTodoComment(id, commentId, userId));
  }
}

@CommandHandler(UpdateTodoComment)
export class UpdateTodoCommentHandler implements ICommandHandler<UpdateTodoComment> {
  constructor(
    private readonly access: TodoAccess,
    private readonly clock: Clock,
    private readonly comments: TodoComments,
    private readonly mentions: Mentions,
    private readonly views: TodoCommentViews,
  ) {}

  async execute(command: UpdateTodoComment): Promise<TodoCommentView> {
    const { todoId, commentId, actorId, content, expectedVersion } = command;
    const workspaceId = await this.access.lockWriterOf(actorId, todoId);
    const comment = await this.comments.lockOf(todoId, commentId);
    comment.verifyAuthor(actorId);
    assertVersion(comment.version, expectedVersion);
    const mentionedIds = await this.mentions.of(content, workspaceId, actorId);
    if (comment.update(content, mentionedIds, this.clock.now())) await this.comments.save(comment);
    return this.views.reload(commentId);
  }
}

@CommandHandler(DeleteTodoComment)
export class DeleteTodoCommentHandler implements ICommandHandler<DeleteTodoComment> {
  constructor(
    private readonly access: TodoAccess,
    private readonly comments: TodoComments,
  ) {}

  async execute({ todoId, commentId, actorId }: DeleteTodoComment): Promise<void> {
    await this.access.lockWriterOf(actorId, todoId);
    const comment = await this.comments.lockOf(todoId, commentId);
    comment.verifyAuthor(actorId);
    comment.delete();
    await this.comments.remove(comment);
  }
}
