import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { NotFound, Rejection } from '@rookery/domain';
import { type Position, Sql } from '@rookery/persistence';
import { Field, Item } from '@rookery/web';
import { reads } from '../storage/visibility';
import { AUTHOR_COLUMNS, type Authored, PersonView, withAuthor } from './person';
import type { Post } from '../model/post';

/** Field options of title, text and tags. */
export const POST = {
  title: { max: 100, trim: true, description: 'Headline.', example: 'Swifts are back' },
  content: { max: 1_000, trim: true, description: 'The text.', example: 'Saw the first three this morning.' },
  tag: {
    max: 20,
    pattern: /^[^\s,](?:[^,]*[^\s,])?$/,
    patternRule: 'must not contain commas, nor begin or end with a space',
  },
  tags: {
    max: 5,
    unique: true,
    description: 'Topics. Case-sensitive.',
    example: ['birds'],
  },
};

/** A post as a reader sees it. */
@ApiSchema({ name: 'Post' })
export class PostView {
  @Field.uuid({ description: 'Id of the post.' })
  id: string;

  @Field.text(POST.title)
  title: string;

  @Field.text(POST.content)
  content: string;

  @Field.list(Item.text(POST.tag), POST.tags)
  tags: string[];

  @Field.object(() => PersonView, { description: 'The author.' })
  author: PersonView;

  @Field.integer({
    description: 'Number of comments, including those that the reader cannot see.',
    example: 3,
  })
  commentsCount: number;

  @Field.dateTime({ description: 'When it was published.' })
  createdAt: Date;

  @Field.dateTime({ description: 'When it was last changed.' })
  updatedAt: Date;

  @Field.integer({ description: 'Version of title, text and tags. The ETag starts with it.', example: 1 })
  version: number;
}

/** A {@link PostView} as columns of `social.posts post JOIN social.people author`; {@link postOf} reads them. */
export const POST_COLUMNS = `post.id, post.title, post.content, post.tags, ${AUTHOR_COLUMNS},
  post.comments_count AS "commentsCount", post.created_at AS "createdAt", post.updated_at AS "updatedAt", post.version`;

const SELECT_POST = `SELECT ${POST_COLUMNS} FROM social.posts post JOIN social.people author ON author.id = post.author_id`;

export type PostRow = Authored<PostView>;

/** @returns the post in a row of {@link POST_COLUMNS} */
export function postOf(row: PostRow): PostView {
  return withAuthor<PostView>(row);
}

/** @returns a post that was created just now, which nobody can have commented on yet */
export function newPostView(post: Post, author: PersonView): PostView {
  const { id, title, content, tags, createdAt, updatedAt, version } = post.snapshot();
  return { id, title, content, tags, author, commentsCount: 0, createdAt, updatedAt, version };
}

/** Posts as a reader sees them. */
@Injectable()
export class PostViews {
  constructor(private readonly sql: Sql) {}

  /** @throws Rejection `resource.not-found` if there is none that the viewer may read */
  async get(id: string, viewerId: string): Promise<PostView> {
    const post = await this.sql.row<PostRow>(
      `${SELECT_POST} WHERE post.id = $1 AND author.active AND ${reads('$2::uuid', 'post.author_id')}`,
      [id, viewerId],
    );
    if (!post) throw new Rejection(NotFound);
    return postOf(post);
  }

  /**
   * @returns a post as changed by the current transaction, without a visibility check, for the response to the change
   */
  async reload(id: string): Promise<PostView> {
    const post = await this.sql.row<PostRow>(`${SELECT_POST} WHERE post.id = $1`, [id]);
    return postOf(post!);
  }

  /**
   * @returns what somebody has published, newest first, at most `limit`
   */
  async by(authorId: string, [createdAt, id]: Position, limit: number): Promise<PostView[]> {
    const rows = await this.sql.rows<PostRow>(
      `${SELECT_POST} WHERE post.author_id = $1 AND (post.created_at, post.id) < ($2::timestamptz, $3::uuid)
       ORDER BY post.created_at DESC, post.id DESC LIMIT $4`,
      [authorId, createdAt, id, limit],
    );
    return rows.map(postOf);
  }
}
