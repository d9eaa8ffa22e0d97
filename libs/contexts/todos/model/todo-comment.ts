import { Aggregate, type AggregateState, newId, Forbidden, Rejection } from '@rookery/domain';
import { TodoCommentAdded, TodoCommentDeleted, TodoCommentUpdated } from '../contract';

export interface TodoCommentState extends AggregateState {
  todoId: string;
  workspaceId: string;
  /** Null once the account of the author is erased. */
  authorId: string | null;
  content: string;
  /** Members whom the text mentions. */
  mentionedIds: string[];
  createdAt: Date;
  updatedAt: Date;
}

/** A username after an @ that is not part of an e-mail address. */
const MENTION = /(?<![\w@.+-])@([A-Za-z0-9][A-Za-z0-9._-]{2,29})/g;
const MAX_MENTIONS = 20;

/** @returns the usernames that a text mentions, in lower case, at most {@link MAX_MENTIONS} */
export function mentionsIn(text: string): string[] {
  // A period after a name ends the sentence.
  const names = [...text.matchAll(MENTION)].map(([, name]) => name!.toLowerCase().replace(/[.-]+$/, ''));
  return [...new Set(names)].slice(0, MAX_MENTIONS);
}

/** A comment on a todo. */
export class TodoComment extends Aggregate<TodoCommentState> {
  static add(
    of: { todoId: string; workspaceId: string; authorId: string },
    content: string,
    mentionedIds: string[],
    now: Date,
  ): TodoComment {
    const state = { ...of, id: newId(), version: 0, content, mentionedIds, createdAt: now, updatedAt: now };
    const comment = new TodoComment(state);
    comment.raise(TodoCommentAdded, { ...of, mentionedIds });
    return comment;
  }

  get todoId(): string {
    return this.state.todoId;
  }

  get workspaceId(): string {
    return this.state.workspaceId;
  }

  /** @throws Rejection `auth.forbidden` unless the user wrote it */
  verifyAuthor(userId: string): void {
    if (this.state.authorId !== userId) throw new Rejection(Forbidden);
  }

  /** @returns whether it has changed */
  update(content: string, mentionedIds: string[], now: Date): boolean {
    if (content === this.state.content) return false;
    const { todoId, workspaceId, authorId } = this.state;
    const fresh = mentionedIds.filter((id) => !this.state.mentionedIds.includes(id));
    Object.assign(this.state, { content, mentionedIds, updatedAt: now });
    this.raise(TodoCommentUpdated, { todoId, workspaceId, authorId: authorId!, mentionedIds: fresh });
    return true;
  }

  delete(): void {
    const { todoId, workspaceId } = this.state;
    this.raise(TodoCommentDeleted, { todoId, workspaceId });
  }
}
