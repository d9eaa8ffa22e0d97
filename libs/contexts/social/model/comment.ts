import { Aggregate, type AggregateState, newId } from '@rookery/domain';
import { CommentAdded, CommentDeleted, CommentUpdated } from '../contract';
import { ManageAny, type Actor, verifyActor } from './actor';

export interface CommentState extends AggregateState {
  postId: string;
  authorId: string;
  content: string;
  createdAt: Date;
  updatedAt: Date;
}

/** A comment on a post. */
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

  /** @throws Rejection `auth.forbidden` unless the actor is the author or may change anybody's comments */
  verifyUpdater(actor: Actor): void {
    verifyActor(actor, this.authorId, ManageAny.updateComments);
  }

  /** @throws Rejection `auth.forbidden` unless the actor is the author or may delete anybody's comments */
  verifyDeleter(actor: Actor): void {
    verifyActor(actor, this.authorId, ManageAny.deleteComments);
  }

  /**
   * @param content undefined keeps the current content
   * @returns whether it has changed
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
