import { Aggregate, type AggregateState, newId } from '@rookery/domain';
import { PostLiked, PostUnliked } from '../contract';

export interface LikeState extends AggregateState {
  postId: string;
  /** The user who likes the post. */
  userId: string;
  likedAt: Date;
}

/** A like of a post. It is deleted when it is withdrawn; liking the post again creates a new one. */
export class Like extends Aggregate<LikeState> {
  static give(postId: string, userId: string, now: Date): Like {
    const like = new Like({ id: newId(), version: 0, postId, userId, likedAt: now });
    like.raise(PostLiked, { postId, userId });
    return like;
  }

  get postId(): string {
    return this.state.postId;
  }

  withdraw(): void {
    this.raise(PostUnliked, { postId: this.postId, userId: this.state.userId });
  }
}
