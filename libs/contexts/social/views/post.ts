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
    patternRule: 'must not contain commas, and must not begin or end with a space',
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
    description: 'Number of comments, including those that you cannot see.',
    example: 3,
  })
  commentsCount: number;

  @Field.integer({
    description: 'Number of likes, including those of users whom you cannot see.',
    example: 7,
  })
  likesCount: number;

  @Field.boolean({ description: 'Whether you like it.' })
  liked: boolean;

  @Field.dateTime({ description: 'When it was published.' })
  createdAt: Date;

  @Field.dateTime({ description: 'When it was last changed.' })
  updatedAt: Date;

  @Field.integer({ description: 'Version of title, text and tags. The ETag starts with it.', example: 1 })
  version: number;
}

/**
 * Scalar subqueries: each looks up one row by its key. With EXISTS, the planner could decide to read all likes of the
 * viewer.
 *
 * @param viewer SQL expression for the reader's id
 * @returns a {@link PostView} as columns of `social.posts post JOIN social.people author`; {@link postOf} reads them
 */
export function postColumns(viewer: string): string {
  return `post.id, post.title, post.content, post.tags, ${AUTHOR_COLUMNS}, post.comments_count AS "commentsCount",
  coalesce((SELECT counted.likes FROM social.like_counts counted WHERE counted.post_id = post.id), 0) AS "likesCount",
  coalesce((SELECT true FROM social.likes mine WHERE mine.post_id = post.id AND mine.user_id = ${viewer}), false) AS liked,
  post.created_at AS "createdAt", post.updated_at AS "updatedAt", post.version`;
}

const FROM_POSTS = 'FROM social.posts post JOIN social.people author ON author.id = post.author_id';
const READABLE = `${FROM_POSTS} WHERE post.id = $1 AND author.active AND ${reads('$2::uuid', 'post.author_id')}`;
const SELECT_POST = `SELECT ${postColumns('$2::uuid')} ${FROM_POSTS}`;

export type PostRow = Authored<PostView>;

/** @returns the post in a row of {@link postColumns} */
export function postOf(row: PostRow): PostView {
  return withAuthor<PostView>(row);
}

/** @returns a post that was created just now, which nobody can have commented on or liked yet */
export function newPostView(post: Post, author: PersonView): PostView {
  const { id, title, content, tags, createdAt, updatedAt, version } = post.snapshot();
  const nothing = { commentsCount: 0, likesCount: 0, liked: false };
  return { id, title, content, tags, author, ...nothing, createdAt, updatedAt, version };
}

/** Posts as a reader sees them. */
@Injectable()
export class PostViews {
  constructor(private readonly sql: Sql) {}

  /** @throws Rejection `resource.not-found` if there is none that the viewer can read */
  async get(id: string, viewerId: string): Promise<PostView> {
    const post = await this.sql.row<PostRow>(`SELECT ${postColumns('$2::uuid')} ${READABLE}`, [id, viewerId]);
    if (!post) throw new Rejection(NotFound);
    return postOf(post);
  }

  /** @throws Rejection `resource.not-found` if there is none that the viewer can read */
  async verify(id: string, viewerId: string): Promise<void> {
    if (!(await this.sql.row(`SELECT ${READABLE}`, [id, viewerId]))) throw new Rejection(NotFound);
  }

  /**
   * @returns a post as changed by the current transaction, without a visibility check, for the response to the change
   */
  async reload(id: string, viewerId: string): Promise<PostView> {
    const post = await this.sql.row<PostRow>(`${SELECT_POST} WHERE post.id = $1`, [id, viewerId]);
    return postOf(post!);
  }

  /**
   * @returns the posts of an author, as the viewer sees them, newest first, at most `limit`
   */
  async by(
    authorId: string,
    viewerId: string,
    [createdAt, id]: Position,
    limit: number,
  ): Promise<PostView[]> {
    const rows = await this.sql.rows<PostRow>(
      `${SELECT_POST} WHERE post.author_id = $1 AND (post.created_at, post.id) < ($3::timestamptz, $4::uuid)
       ORDER BY post.created_at DESC, post.id DESC LIMIT $5`,
      [authorId, viewerId, createdAt, id, limit],
    );
    return rows.map(postOf);
  }
}
