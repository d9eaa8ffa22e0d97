import { Aggregate, type AggregateState, NotFound, newId, Rejection } from '@rookery/domain';
import { HighlightCreated, HighlightDeleted, HighlightUpdated } from '../events';
import { TooManyHighlights } from './rejections';

/** Highlights of one user. */
export const MAX_HIGHLIGHTS = 100;

export interface HighlightState extends AggregateState {
  ownerId: string;
  name: string;
  /** In the order in which they are shown. */
  storyIds: string[];
  createdAt: Date;
}

/** A named list of stories that remain visible after they expire. */
export class Highlight extends Aggregate<HighlightState> {
  /**
   * @param owned number of highlights that the user already has
   * @throws Rejection `stories.too-many-highlights`
   */
  static create(ownerId: string, name: string, storyIds: string[], owned: number, now: Date): Highlight {
    if (owned >= MAX_HIGHLIGHTS) throw new Rejection(TooManyHighlights);
    const highlight = new Highlight({ id: newId(), version: 0, ownerId, name, storyIds, createdAt: now });
    highlight.raise(HighlightCreated, { ownerId, storyIds });
    return highlight;
  }

  get storyIds(): readonly string[] {
    return this.state.storyIds;
  }

  /** @throws Rejection `resource.not-found` unless the user is its owner; other users can only read its stories */
  verifyOwner(userId: string): void {
    if (this.state.ownerId !== userId) throw new Rejection(NotFound);
  }

  /**
   * @param changes undefined fields keep their values
   * @returns whether it has changed
   */
  update({ name = this.state.name, storyIds = this.state.storyIds }: Partial<HighlightState>): boolean {
    if (name === this.state.name && storyIds.join() === this.state.storyIds.join()) return false;
    Object.assign(this.state, { name, storyIds });
    this.raise(HighlightUpdated, { ownerId: this.state.ownerId, storyIds });
    return true;
  }

  delete(): void {
    const { ownerId, storyIds } = this.state;
    this.raise(HighlightDeleted, { ownerId, storyIds });
  }
}
