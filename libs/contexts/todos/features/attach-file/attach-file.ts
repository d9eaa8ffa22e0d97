import { Body, Controller, Delete, Post, Res } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, UuidParam } from '@rookery/web';
import type { FastifyReply } from 'fastify';
import { MediaLibrary } from '../../../media/contract';
import { Attachment } from '../../model/attachment';
import { TooManyAttachments } from '../../model/rejections';
import { TodoAccess } from '../../services/todo-access';
import { Attachments } from '../../storage/attachments';
import { AttachmentView, AttachmentViews, FILE_NAME } from '../../views/attachment';

class AttachmentCreate {
  @Field.text({ max: 200, description: 'Key of one of your uploads, from POST /v1/uploads/presigned.' })
  mediaKey: string;

  @Field.text({
    ...FILE_NAME,
    optional: true,
    description: 'Name of the file. By default, the name that the upload was requested with.',
  })
  fileName?: string;
}

@Audited('todos.attach-file')
export class AttachFile extends Command<string> {
  constructor(
    readonly todoId: string,
    readonly actorId: string,
    readonly file: { mediaKey: string; fileName: string },
  ) {
    super();
  }
}

@Audited('todos.remove-attachment')
export class RemoveAttachment extends Command<void> {
  constructor(
    readonly todoId: string,
    readonly attachmentId: string,
    readonly actorId: string,
  ) {
    super();
  }
}

const MEDIA_REJECTIONS = [{ code: 'media.not-usable' }, { code: 'media.unavailable' }];

@ApiTags('Todos')
@Controller('todos')
export class AttachFileRoute {
  constructor(
    private readonly access: TodoAccess,
    private readonly commands: Commands,
    private readonly media: MediaLibrary,
    private readonly views: AttachmentViews,
  ) {}

  @Post(':id/attachments')
  @Explain({
    operationId: 'attachFile',
    summary: 'Attach a file to a todo',
    description:
      'Requires the `owner` or `member` role in the workspace. The upload must be yours. Everybody in the workspace can download the file.',
    ok: { status: 201, type: AttachmentView, headers: { Location: 'URL of the attachment.' } },
    rejects: [NotFound, TooManyAttachments, ...MEDIA_REJECTIONS],
  })
  async attach(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @Body() { mediaKey, fileName }: AttachmentCreate,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AttachmentView> {
    await this.access.assertCanWrite(userId, id); // before the request to the storage, which no transaction waits for
    const upload = await this.media.verify(userId, mediaKey, 'any');
    const file = { mediaKey, fileName: fileName ?? upload.fileName };
    const attachmentId = await this.commands.execute(new AttachFile(id, userId, file));
    reply.header('location', `/v1/todos/${id}/attachments/${attachmentId}`);
    return this.views.get(id, attachmentId);
  }

  @Delete(':id/attachments/:attachmentId')
  @Explain({
    operationId: 'removeAttachment',
    summary: 'Remove a file from a todo',
    description: 'Requires the `owner` or `member` role in the workspace.',
    ok: { status: 204 },
    rejects: [NotFound],
  })
  remove(
    @UuidParam() id: string,
    @UuidParam('attachmentId') attachmentId: string,
    @CurrentCaller() { userId }: Caller,
  ): Promise<void> {
    return this.commands.execute(new RemoveAttachment(id, attachmentId, userId));
  }
}

@CommandHandler(AttachFile)
export class AttachFileHandler implements ICommandHandler<AttachFile> {
  constructor(
    private readonly access: TodoAccess,
    private readonly attachments: Attachments,
    private readonly clock: Clock,
    private readonly media: MediaLibrary,
  ) {}

  async execute({ todoId, actorId, file }: AttachFile): Promise<string> {
    // The todo is locked, so that concurrent requests count each other's files.
    const { workspaceId } = await this.access.lockTodo(actorId, todoId, 'any');
    await this.attachments.assertRoom(todoId);
    const attachment = Attachment.add({ todoId, workspaceId, authorId: actorId }, file, this.clock.now());
    await this.media.attach(actorId, attachment.mediaKey, attachment.use);
    await this.attachments.save(attachment);
    return attachment.id;
  }
}

@CommandHandler(RemoveAttachment)
export class RemoveAttachmentHandler implements ICommandHandler<RemoveAttachment> {
  constructor(
    private readonly access: TodoAccess,
    private readonly attachments: Attachments,
    private readonly media: MediaLibrary,
  ) {}

  async execute({ todoId, attachmentId, actorId }: RemoveAttachment): Promise<void> {
    await this.access.lockTodo(actorId, todoId, 'any');
    const attachment = await this.attachments.lockOf(todoId, attachmentId);
    attachment.delete();
    await this.attachments.remove(attachment);
    await this.media.detach(attachment.mediaKey, attachment.use);
  }
}
