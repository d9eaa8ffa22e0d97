import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NotFound } from '@rookery/domain';
import {
  BY_ID,
  type Caller,
  CurrentCaller,
  Explain,
  ListQuery,
  type Page,
  paged,
  UuidParam,
} from '@rookery/web';
import { TodoAccess } from '../../services/todo-access';
import { Todos } from '../../storage/todos';
import { AttachmentView, AttachmentViews } from '../../views/attachment';

export class ReadAttachment extends Query<AttachmentView> {
  constructor(
    readonly todoId: string,
    readonly attachmentId: string,
    readonly viewerId: string,
  ) {
    super();
  }
}

export class ListAttachments extends Query<Page<AttachmentView>> {
  constructor(
    readonly todoId: string,
    readonly viewerId: string,
    readonly page: ListQuery,
  ) {
    super();
  }
}

@ApiTags('Todos')
@Controller('todos')
export class ReadAttachmentRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id/attachments')
  @Explain({
    operationId: 'listAttachments',
    summary: 'List the files on a todo',
    description: 'Newest first.',
    ok: { list: AttachmentView },
    rejects: [NotFound],
  })
  list(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @QueryString() page: ListQuery,
  ): Promise<Page<AttachmentView>> {
    return this.queries.execute(new ListAttachments(id, userId, page));
  }

  @Get(':id/attachments/:attachmentId')
  @Explain({
    operationId: 'getAttachment',
    summary: 'Get a file on a todo',
    description: 'Returns the attachment with a download link.',
    ok: { type: AttachmentView },
    rejects: [NotFound],
  })
  read(
    @UuidParam() id: string,
    @UuidParam('attachmentId') attachmentId: string,
    @CurrentCaller() { userId }: Caller,
  ): Promise<AttachmentView> {
    return this.queries.execute(new ReadAttachment(id, attachmentId, userId));
  }
}

@QueryHandler(ListAttachments)
export class ListAttachmentsHandler implements IQueryHandler<ListAttachments> {
  constructor(
    private readonly access: TodoAccess,
    private readonly todos: Todos,
    private readonly views: AttachmentViews,
  ) {}

  async execute({ todoId, viewerId, page }: ListAttachments): Promise<Page<AttachmentView>> {
    await this.access.assertCanRead(viewerId, await this.todos.workspaceOf(todoId));
    return paged(page, `attachments:${todoId}`, BY_ID, ([after], limit) =>
      this.views.of(todoId, after, limit),
    );
  }
}

@QueryHandler(ReadAttachment)
export class ReadAttachmentHandler implements IQueryHandler<ReadAttachment> {
  constructor(
    private readonly access: TodoAccess,
    private readonly todos: Todos,
    private readonly views: AttachmentViews,
  ) {}

  async execute({ todoId, attachmentId, viewerId }: ReadAttachment): Promise<AttachmentView> {
    await this.access.assertCanRead(viewerId, await this.todos.workspaceOf(todoId));
    return this.views.get(todoId, attachmentId);
  }
}
