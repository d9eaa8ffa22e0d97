import { Injectable } from '@nestjs/common';
import { NotFound, Rejection } from '@rookery/domain';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { TodoComment, type TodoCommentState } from '../model/todo-comment';

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

  /** @throws Rejection `resource.not-found` unless the todo has that comment, which is locked */
  async lockOf(todoId: string, id: string): Promise<TodoComment> {
    const comment = await this.getLocked(id);
    if (comment.todoId !== todoId) throw new Rejection(NotFound);
    return comment;
  }
}
