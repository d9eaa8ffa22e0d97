import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { NotFound, Rejection } from '@rookery/domain';
import { type Position, Sql } from '@rookery/persistence';
import { Field } from '@rookery/web';
import { reads } from '../storage/visibility';
import { AUTHOR_COLUMNS, type Authored, PersonView, withAuthor } from './person';
import type { Comment } from '../model/comment';

/** Field options of a comment's text. */
export const COMMENT = {
  content: { max: 1_000, trim: true, description: 'The text.', example: 'Here too!' },
};

/** A comment as a reader sees it. */
@ApiSchema({ name: 'Comment' })
export class CommentView {
  @Field.uuid({ description: 'Id of the comment.' })
  id: string;

  @Field.uuid({ description: 'Id of the post.' })
  postId: string;

  @Field.text(COMMENT.content)
  content: string;

  @Field.object(() => PersonView, { description: 'The author.' })
  author: PersonView;

  @Field.dateTime({ description: 'When it was written.' })
  createdAt: Date;

  @Field.dateTime({ description: 'When it was last changed.' })
  updatedAt: Date;

  @Field.integer({ description: 'Version of the text. The ETag starts with it.', example: 1 })
  version: number;
}

/** Order of a list of comments. */
export type CommentOrder = 'asc' | 'desc';

const SELECT_COMMENT = `SELECT comment.id, comment.post_id AS "postId", comment.content,
    ${AUTHOR_COLUMNS}, comment.created_at AS "createdAt", comment.updated_at AS "updatedAt",
    comment.version
  FROM social.comments comment JOIN social.people author ON author.id = comment.author_id`;

type CommentRow = Authored<CommentView>;

/** @returns a comment that was written just now */
export function newCommentView(comment: Comment, author: PersonView): CommentView {
  const { id, postId, content, createdAt, updatedAt, version } = comment.snapshot();
  return { id, postId, content, author, createdAt, updatedAt, version };
}

/** Comments as a reader sees them. */
@Injectable()
export class CommentViews {
  constructor(private readonly sql: Sql) {}

  /** @throws Rejection `resource.not-found` unless the viewer may read the comment and its post */
  async get(id: string, viewerId: string): Promise<CommentView> {
    const comment = await this.sql.row<CommentRow>(
      `${SELECT_COMMENT}
       JOIN social.posts post ON post.id = comment.post_id JOIN social.people publisher ON publisher.id = post.author_id
       WHERE comment.id = $1 AND author.active AND ${reads('$2::uuid', 'comment.author_id')}
         AND publisher.active AND ${reads('$2::uuid', 'post.author_id')}`,
      [id, viewerId],
    );
    if (!comment) throw new Rejection(NotFound);
    return withAuthor<CommentView>(comment);
  }

  /** @returns a comment as changed by the current transaction, for the response to the change */
  async reload(id: string): Promise<CommentView> {
    const comment = await this.sql.row<CommentRow>(`${SELECT_COMMENT} WHERE comment.id = $1`, [id]);
    return withAuthor<CommentView>(comment!);
  }

  /** @returns the comments of a post that the viewer can read, after a position in the order, at most `limit` */
  async of(
    postId: string,
    viewerId: string,
    order: CommentOrder,
    [createdAt, id]: Position,
    limit: number,
  ): Promise<CommentView[]> {
    const beyond = order === 'asc' ? '>' : '<';
    const rows = await this.sql.rows<CommentRow>(
      `${SELECT_COMMENT}
       WHERE comment.post_id = $1 AND (comment.created_at, comment.id) ${beyond} ($2::timestamptz, $3::uuid)
         AND author.active AND ${reads('$4::uuid', 'comment.author_id')}
       ORDER BY comment.created_at ${order}, comment.id ${order} LIMIT $5`,
      [postId, createdAt, id, viewerId, limit],
    );
    return rows.map((row) => withAuthor<CommentView>(row));
  }
}
