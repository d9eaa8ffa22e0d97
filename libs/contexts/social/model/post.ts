import { Aggregate, type AggregateState, newId } from '@rookery/domain';
import { PostCreated, PostDeleted, PostUpdated } from '../contract';
import { ManageAny, type Actor, verifyActor } from './actor';

/** The content of a post. */
export interface PostDraft {
  title: string;
  content: string;
  tags: string[];
}

export interface PostState extends AggregateState, PostDraft {
  authorId: string;
  createdAt: Date;
  updatedAt: Date;
}

/** A published post. */
export class Post extends Aggregate<PostState> {
  static create(authorId: string, draft: PostDraft, now: Date): Post {
    const post = new Post({ ...draft, id: newId(), version: 0, authorId, createdAt: now, updatedAt: now });
    post.raise(PostCreated, { authorId, title: draft.title, tags: draft.tags });
    return post;
  }

  get authorId(): string {
    return this.state.authorId;
  }

  /** @throws Rejection `auth.forbidden` unless the actor is the author or may change anybody's posts */
  verifyUpdater(actor: Actor): void {
    verifyActor(actor, this.authorId, ManageAny.updatePosts);
  }

  /** @throws Rejection `auth.forbidden` unless the actor is the author or may delete anybody's posts */
  verifyDeleter(actor: Actor): void {
    verifyActor(actor, this.authorId, ManageAny.deletePosts);
  }

  /**
   * @param changes undefined fields keep their values
   * @returns whether it has changed
   */
  update(changes: Partial<PostDraft>, now: Date): boolean {
    const { title = this.state.title, content = this.state.content, tags = this.state.tags } = changes;
    const same =
      title === this.state.title &&
      content === this.state.content &&
      JSON.stringify(tags) === JSON.stringify(this.state.tags);
    if (same) return false;
    Object.assign(this.state, { title, content, tags, updatedAt: now });
    this.raise(PostUpdated, { authorId: this.authorId, title, tags });
    return true;
  }

  /** The worker then removes its comments and likes. */
  delete(): void {
    this.raise(PostDeleted, { authorId: this.authorId });
  }
}
