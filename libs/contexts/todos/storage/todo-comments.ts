import { Injectable } from '@nestjs/common';
import { NotFound, Rejection } from '@rookery/domain';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { TooManyComments } from '../model/rejections';
import { TodoComment, type TodoCommentState } from '../model/todo-comment';

/** Maximum number of comments on a todo. */
const MAX_COMMENTS = 1_000;

export const todoCommentSchema = new EntitySchema<TodoCommentState>({
  name: 'TodoComment',
  schema: 'todos',
  tableName: 'comments',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    todoId: { type: 'uuid', name: 'todo_id' },
    workspaceId: { type: 'uuid', name: 'workspace_id' },
    authorId: { type: 'uuid', name: 'author_id', nullable: true },
    content: { type: 'text' },
    mentionedIds: { type: 'uuid', array: true, name: 'mentioned_ids' },
    createdAt: { type: 'timestamptz', precision: 3, name: 'created_at' },
    updatedAt: { type: 'timestamptz', precision: 3, name: 'updated_at' },
  },
});

/** The comments on all todos. */
@Injectable()
export class TodoComments extends Repository<TodoCommentState, TodoComment> {
  protected readonly storedAs: StoredAs<TodoCommentState, TodoComment> = {
    schema: todoCommentSchema,
    restore: (state) => new TodoComment(state),
  };

  /**
   * Prevents other comments on the todo until the transaction ends.
   *
   * @throws Rejection `todos.too-many-comments`
   */
  async lockRoom(todoId: string): Promise<void> {
    await this.sql.execute(`SELECT pg_advisory_xact_lock(hashtextextended('todos.comments:' || $1, 0))`, [
      todoId,
    ]);
    // A separate statement, because its snapshot must be newer than the lock.
    const row = await this.sql.row<{ count: number }>(
      'SELECT count(*)::int AS count FROM todos.comments WHERE todo_id = $1',
      [todoId],
    );
    if (row!.count >= MAX_COMMENTS) throw new Rejection(TooManyComments);
  }

  /** Locks a comment of a todo. @throws Rejection `resource.not-found` unless the todo has that comment */
  async lockOf(todoId: string, id: string): Promise<TodoComment> {
    const comment = await this.getLocked(id);
    if (comment.todoId !== todoId) throw new Rejection(NotFound);
    return comment;
  }
}
