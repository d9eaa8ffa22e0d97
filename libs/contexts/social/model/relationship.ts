import { Aggregate, type AggregateState, newId, Rejection } from '@rookery/domain';
import { UserBlocked, UserFollowed, UserUnblocked, UserUnfollowed } from '../contract';
import { UserMuted, UserUnmuted } from '../events';
import { CannotTargetSelf, TargetBlocked } from './rejections';

export interface RelationshipState extends AggregateState {
  /** The user who follows, blocks or mutes. */
  userId: string;
  /** The other user. */
  otherId: string;
  followedAt: Date | null;
  blockedAt: Date | null;
  mutedAt: Date | null;
}

/**
 * A directed relationship of one user to another: follow, block or mute. The opposite direction is a separate
 * relationship. Methods are idempotent and return whether something changed.
 */
export class Relationship extends Aggregate<RelationshipState> {
  /** @throws Rejection `social.self` */
  static between(userId: string, otherId: string): Relationship {
    if (userId === otherId) throw new Rejection(CannotTargetSelf);
    const nothing = { followedAt: null, blockedAt: null, mutedAt: null };
    return new Relationship({ id: newId(), version: 0, userId, otherId, ...nothing });
  }

  get following(): boolean {
    return this.state.followedAt !== null;
  }

  get blocking(): boolean {
    return this.state.blockedAt !== null;
  }

  get muting(): boolean {
    return this.state.mutedAt !== null;
  }

  /** @throws Rejection `social.blocked` if the user has blocked the other */
  follow(now: Date): boolean {
    if (this.blocking) throw new Rejection(TargetBlocked);
    if (this.following) return false;
    this.state.followedAt = now;
    this.raise(UserFollowed, this.pair);
    return true;
  }

  unfollow(): boolean {
    if (!this.following) return false;
    this.state.followedAt = null;
    this.raise(UserUnfollowed, this.pair);
    return true;
  }

  /** Nobody follows a user they block. The follow in the opposite direction is ended in the other relationship. */
  block(now: Date): boolean {
    if (this.blocking) return false;
    this.unfollow();
    this.state.blockedAt = now;
    this.raise(UserBlocked, this.pair);
    return true;
  }

  unblock(): boolean {
    if (!this.blocking) return false;
    this.state.blockedAt = null;
    this.raise(UserUnblocked, this.pair);
    return true;
  }

  mute(now: Date): boolean {
    if (this.muting) return false;
    this.state.mutedAt = now;
    this.raise(UserMuted, this.pair);
    return true;
  }

  unmute(): boolean {
    if (!this.muting) return false;
    this.state.mutedAt = null;
    this.raise(UserUnmuted, this.pair);
    return true;
  }

  private get pair() {
    return { userId: this.state.userId, otherId: this.state.otherId };
  }
}
