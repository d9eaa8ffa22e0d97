import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, UuidParam, Versioned } from '@rookery/web';
import { TooManyComments } from '../../model/rejections';
import { TodoComment } from '../../model/todo-comment';
import { Mentions } from '../../services/mentions';
import { TodoAccess } from '../../services/todo-access';
import { TodoComments } from '../../storage/todo-comments';
import { TODO_COMMENT, TodoCommentView, TodoCommentViews } from '../../views/todo-comment';

class TodoCommentCreate {
  @Field.text(TODO_COMMENT.content)
  content: string;
}

@Audited('todos.create-comment')
export class CreateTodoComment extends Command<TodoCommentView> {
  constructor(
    readonly todoId: string,
    readonly authorId: string,
    readonly content: string,
  ) {
    super();
  }
}

@ApiTags('Todos')
@Controller('todos')
export class CreateTodoCommentRoute {
  constructor(private readonly commands: Commands) {}

  @Post(':id/comments')
  @Versioned()
  @Explain({
    operationId: 'createTodoComment',
    summary: 'Comment on a todo',
    description:
      'Requires the `owner` or `member` role in the workspace. Notifies the members it mentions. A todo can have at most 1,000 comments.',
    ok: { status: 201, type: TodoCommentView },
    rejects: [NotFound, TooManyComments],
  })
  create(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @Body() { content }: TodoCommentCreate,
  ): Promise<TodoCommentView> {
    return this.commands.execute(new CreateTodoComment(id, userId, content));
  }
}

@CommandHandler(CreateTodoComment)
export class CreateTodoCommentHandler implements ICommandHandler<CreateTodoComment> {
  constructor(
    private readonly access: TodoAccess,
    private readonly clock: Clock,
    private readonly comments: TodoComments,
    private readonly mentions: Mentions,
    private readonly views: TodoCommentViews,
  ) {}

  async execute({ todoId, authorId, content }: CreateTodoComment): Promise<TodoCommentView> {
    const workspaceId = await this.access.lockWriterOf(authorId, todoId);
    await this.comments.lockRoom(todoId);
    const mentionedIds = await this.mentions.of(content, workspaceId, authorId);
    const comment = TodoComment.add(
      { todoId, workspaceId, authorId },
      content,
      mentionedIds,
      this.clock.now(),
    );
    await this.comments.save(comment);
    return this.views.reload(comment.id);
  }
}
