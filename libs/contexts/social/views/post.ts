import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { NotFound, Rejection } from '@rookery/domain';
import { type Position, Sql } from '@rookery/persistence';
import { Field, Item } from '@rookery/web';
import { reads } from '../storage/visibility';
import { personColumns, PersonView } from './person';

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

/** SQL of a {@link PostView} from `social.posts post JOIN social.people author`. */
export const POST_COLUMNS = `post.id, post.title, post.content, post.tags, ${personColumns('author')} AS author,
  post.comments_count AS "commentsCount", post.created_at AS "createdAt", post.updated_at AS "updatedAt", post.version`;

const SELECT_POST = `SELECT ${POST_COLUMNS} FROM social.posts post JOIN social.people author ON author.id = post.author_id`;

type PostRow = PostView & Record<string, unknown>;

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
    return post;
  }

  /**
   * @returns a post as changed by the current transaction, without a visibility check, for the response to the change
   */
  async reload(id: string): Promise<PostView> {
    const post = await this.sql.row<PostRow>(`${SELECT_POST} WHERE post.id = $1`, [id]);
    return post!;
  }

  /** @returns the posts of a user, newest first, at most `limit` */
  by(authorId: string, [createdAt, id]: Position, limit: number): Promise<PostView[]> {
    return this.sql.rows<PostRow>(
      `${SELECT_POST} WHERE post.author_id = $1 AND (post.created_at, post.id) < ($2::timestamptz, $3::uuid)
       ORDER BY post.created_at DESC, post.id DESC LIMIT $4`,
      [authorId, createdAt, id, limit],
    );
  }
}
