import { Injectable } from '@nestjs/common';
import { NotFound, Rejection } from '@rookery/domain';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { Attachment, type AttachmentState } from '../model/attachment';
import { TooManyAttachments } from '../model/rejections';

export const MAX_ATTACHMENTS = 20;

export const attachmentSchema = new EntitySchema<AttachmentState>({
  name: 'TodoAttachment',
  schema: 'todos',
  tableName: 'attachments',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    todoId: { type: 'uuid', name: 'todo_id', nullable: true },
    workspaceId: { type: 'uuid', name: 'workspace_id' },
    authorId: { type: 'uuid', name: 'author_id', nullable: true },
    mediaKey: { type: 'text', name: 'media_key' },
    fileName: { type: 'text', name: 'file_name' },
    createdAt: { type: 'timestamptz', precision: 3, name: 'created_at' },
  },
});

/** The files on all todos. */
@Injectable()
export class Attachments extends Repository<AttachmentState, Attachment> {
  protected readonly storedAs: StoredAs<AttachmentState, Attachment> = {
    schema: attachmentSchema,
    restore: (state) => new Attachment(state),
  };

  /** @throws Rejection `todos.too-many-attachments` if the todo, which the caller has locked, has the maximum number */
  async assertRoom(todoId: string): Promise<void> {
    const row = await this.sql.row<{ count: number }>(
      'SELECT count(*)::int AS count FROM todos.attachments WHERE todo_id = $1',
      [todoId],
    );
    if (row!.count >= MAX_ATTACHMENTS) throw new Rejection(TooManyAttachments);
  }

  /** Locks a file of a todo. @throws Rejection `resource.not-found` unless the todo has that file */
  async lockOf(todoId: string, id: string): Promise<Attachment> {
    const attachment = await this.getLocked(id);
    if (attachment.todoId !== todoId) throw new Rejection(NotFound);
    return attachment;
  }

  /**
   * Removes the rows of files whose todos were deleted.
   *
   * @param limit maximum number of files
   * @returns their keys and uses in the media library
   */
  async takeOrphans(limit: number): Promise<{ mediaKey: string; use: string }[]> {
    return this.sql.rows(
      `DELETE FROM todos.attachments WHERE id IN (
         SELECT id FROM todos.attachments WHERE todo_id IS NULL LIMIT $1 FOR UPDATE SKIP LOCKED)
       RETURNING media_key AS "mediaKey", 'todos:' || id AS use`,
      [limit],
    );
  }
}
