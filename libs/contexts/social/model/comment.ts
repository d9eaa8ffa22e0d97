import { Aggregate, type AggregateState, newId } from '@rookery/domain';
import { CommentAdded, CommentDeleted, CommentUpdated } from '../contract';
import { ManageAny, type Actor, verifyEditor } from './actor';

export interface CommentState extends AggregateState {
  postId: string;
  authorId: string;
  content: string;
  createdAt: Date;
  updatedAt: Date;
}

/** An answer to a post. */
export class Comment extends Aggregate<CommentState> {
  static add(postId: string, authorId: string, content: string, now: Date): Comment {
    const state = { id: newId(), version: 0, postId, authorId, content, createdAt: now, updatedAt: now };
    const comment = new Comment(state);
    comment.raise(CommentAdded, { postId, authorId });
    return comment;
  }

  get authorId(): string {
    return this.state.authorId;
  }

  get postId(): string {
    return this.state.postId;
  }

  /** @throws Rejection `auth.forbidden` unless it is the author's, or the editor may change comments of anybody */
  verifyUpdater(actor: Actor): void {
    verifyEditor(actor, this.authorId, ManageAny.updateComments);
  }

  /** @throws Rejection `auth.forbidden` unless it is the author's, or the editor may delete comments of anybody */
  verifyDeleter(actor: Actor): void {
    verifyEditor(actor, this.authorId, ManageAny.deleteComments);
  }

  /**
   * @param content that is left out stays as it is
   * @returns whether it says something else now
   */
  update(content: string | undefined, now: Date): boolean {
    if (content === undefined || content === this.state.content) return false;
    Object.assign(this.state, { content, updatedAt: now });
    this.raise(CommentUpdated, { postId: this.postId, authorId: this.authorId });
    return true;
  }

  delete(): void {
    this.raise(CommentDeleted, { postId: this.postId, authorId: this.authorId });
  }
}
