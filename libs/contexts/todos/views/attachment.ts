import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { NotFound, Rejection } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import { Field } from '@rookery/web';
import { MediaLibrary } from '../../media/contract';

/** Field options of a file's name. */
export const FILE_NAME = {
  max: 255,
  // oxlint-disable-next-line no-control-regex -- characters that no file name has, and those that make it look like another name
  pattern: /^[^\u0000-\u001f\u007f-\u009f/\\\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+$/,
  patternRule: 'must not contain slashes, control characters or characters that change the direction of text',
  description: 'Name of the file.',
  example: 'plan.pdf',
};

/** A file on a todo, as everybody in the workspace sees it. */
@ApiSchema({ name: 'TodoAttachment' })
export class AttachmentView {
  @Field.uuid({ description: 'Id of the attachment.' })
  id: string;

  @Field.uuid({ description: 'Id of the todo.' })
  todoId: string;

  @Field.text(FILE_NAME)
  fileName: string;

  @Field.uuid({
    nullable: true,
    description: 'Id of the user who attached it; null if the account was erased.',
  })
  authorId: string | null;

  @Field.text({
    max: 100,
    nullable: true,
    description: 'Media type; null if the file is no longer in the storage.',
  })
  contentType: string | null;

  @Field.text({
    max: 2048,
    nullable: true,
    description: 'Download link, valid for a few minutes; null if the file is no longer in the storage.',
  })
  url: string | null;

  @Field.dateTime({ description: 'When it was attached.' })
  createdAt: Date;
}

type Row = Omit<AttachmentView, 'url' | 'contentType'> & { mediaKey: string } & Record<string, unknown>;

const SELECT = `SELECT id, todo_id AS "todoId", file_name AS "fileName", author_id AS "authorId",
  created_at AS "createdAt", media_key AS "mediaKey" FROM todos.attachments`;

/** Files on todos, with links to them: two statements, whatever their number. */
@Injectable()
export class AttachmentViews {
  constructor(
    private readonly media: MediaLibrary,
    private readonly sql: Sql,
  ) {}

  /** @throws Rejection `resource.not-found` unless the todo has that file */
  async get(todoId: string, id: string): Promise<AttachmentView> {
    const [view] = await this.linked(
      await this.sql.rows<Row>(`${SELECT} WHERE todo_id = $1 AND id = $2`, [todoId, id]),
    );
    if (!view) throw new Rejection(NotFound);
    return view;
  }

  /** @returns newest first, at most `limit` */
  async of(todoId: string, after: string, limit: number): Promise<AttachmentView[]> {
    return this.linked(
      await this.sql.rows<Row>(`${SELECT} WHERE todo_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3`, [
        todoId,
        after,
        limit,
      ]),
    );
  }

  private async linked(rows: readonly Row[]): Promise<AttachmentView[]> {
    const links =
      rows.length === 0 ? undefined : await this.media.urlsOf(rows.map(({ mediaKey }) => mediaKey));
    return rows.map(({ mediaKey, ...row }) => {
      const { contentType = null, url = null } = links?.get(mediaKey) ?? {};
      return { ...row, contentType, url };
    });
  }
}
