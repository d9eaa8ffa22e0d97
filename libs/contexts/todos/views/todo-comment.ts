import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { Sql } from '@rookery/persistence';
import { Field, Item } from '@rookery/web';
import { Accounts } from '../../identity/contract';

/** Field options of a comment's text. */
export const TODO_COMMENT = {
  content: {
    max: 1_000,
    trim: true,
    description: 'Text. `@username` mentions a member of the workspace.',
    example: 'The ferns too, @ada?',
  },
};

@ApiSchema({ name: 'TodoCommentAuthor' })
class AuthorView {
  @Field.uuid({ description: 'Id of the user.' })
  id: string;

  @Field.text({ max: 30, description: 'Unique name.', example: 'ada' })
  username: string;

  @Field.text({ max: 100, description: 'Display name.', example: 'Ada Lovelace' })
  name: string;
}

/** A comment, as everybody in the workspace sees it. */
@ApiSchema({ name: 'TodoComment' })
export class TodoCommentView {
  @Field.uuid({ description: 'Id of the comment.' })
  id: string;

  @Field.uuid({ description: 'Id of the todo.' })
  todoId: string;

  @Field.text(TODO_COMMENT.content)
  content: string;

  @Field.object(() => AuthorView, {
    nullable: true,
    description: 'The author; null if the account was erased.',
  })
  author: AuthorView | null;

  @Field.list(Item.uuid(), { max: 20, description: 'Ids of the members it mentions.' })
  mentionedIds: string[];

  @Field.dateTime({ description: 'When it was created.' })
  createdAt: Date;

  @Field.dateTime({ description: 'When it was last changed.' })
  updatedAt: Date;

  @Field.integer({ description: 'Version of the text. The ETag starts with it.', example: 1 })
  version: number;
}

type Row = Omit<TodoCommentView, 'author'> & { authorId: string | null } & Record<string, unknown>;

const SELECT = `SELECT id, todo_id AS "todoId", content, author_id AS "authorId", mentioned_ids::text[] AS "mentionedIds",
  created_at AS "createdAt", updated_at AS "updatedAt", version FROM todos.comments`;

/** Comments, as everybody in the workspace sees them, with names from identity: one statement for a page. */
@Injectable()
export class TodoCommentViews {
  constructor(
    private readonly accounts: Accounts,
    private readonly sql: Sql,
  ) {}

  /** @returns a comment as the current transaction changed it, for the response */
  async reload(id: string): Promise<TodoCommentView> {
    const [comment] = await this.named(await this.sql.rows<Row>(`${SELECT} WHERE id = $1`, [id]));
    return comment!;
  }

  /** @returns newest or oldest first, at most `limit` */
  async of(todoId: string, order: 'asc' | 'desc', after: string, limit: number): Promise<TodoCommentView[]> {
    const beyond = order === 'asc' ? '>' : '<';
    return this.named(
      await this.sql.rows<Row>(
        `${SELECT} WHERE todo_id = $1 AND id ${beyond} $2 ORDER BY id ${order} LIMIT $3`,
        [todoId, after, limit],
      ),
    );
  }

  private async named(rows: readonly Row[]): Promise<TodoCommentView[]> {
    const ids = [...new Set(rows.flatMap(({ authorId }) => authorId ?? []))];
    const accounts = ids.length === 0 ? [] : await this.accounts.find(ids);
    const authors = new Map(
      accounts.filter(({ active }) => active).map(({ id, username, name }) => [id, { id, username, name }]),
    );
    return rows.map(({ authorId, ...comment }) => ({
      ...comment,
      author: authors.get(authorId ?? '') ?? null,
    }));
  }
}
