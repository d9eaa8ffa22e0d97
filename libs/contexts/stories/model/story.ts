import { Aggregate, type AggregateState, newId, Rejection } from '@rookery/domain';
import { StoryCreated, StoryDeleted } from '../contract';
import { AudienceWithoutFriends, StoryEmpty } from './rejections';
import type { StoryVisibility } from './visibility';

/** What an author publishes. */
export interface StoryDraft {
  /** Null or empty without a text. */
  text: string | null;
  mediaKey: string | null;
  visibility: StoryVisibility;
  /** The followers who can see it; null for all. */
  audience: readonly string[] | null;
}

export interface StoryState extends AggregateState {
  authorId: string;
  text: string | null;
  mediaKey: string | null;
  visibility: StoryVisibility;
  /** Whether it has an audience. */
  restricted: boolean;
  createdAt: Date;
  expiresAt: Date;
  /** When it was removed from the feeds, because it had expired or was deleted. */
  endedAt: Date | null;
  deletedAt: Date | null;
}

/** A story: text, media or both. It expires after a day. */
export class Story extends Aggregate<StoryState> {
  /**
   * @param ttlSeconds seconds until it expires
   * @throws Rejection `stories.empty`, `stories.audience-without-friends`
   */
  static publish(authorId: string, draft: StoryDraft, now: Date, ttlSeconds: number): Story {
    const { mediaKey, visibility, audience } = draft;
    const text = draft.text === '' ? null : draft.text;
    if (text === null && mediaKey === null) throw new Rejection(StoryEmpty);
    if (audience !== null && visibility !== 'friends') throw new Rejection(AudienceWithoutFriends);
    const expiresAt = new Date(now.getTime() + ttlSeconds * 1_000);
    const story = new Story({
      id: newId(),
      version: 0,
      authorId,
      text,
      mediaKey,
      visibility,
      restricted: audience !== null,
      createdAt: now,
      expiresAt,
      endedAt: null,
      deletedAt: null,
    });
    story.raise(StoryCreated, { authorId, visibility, mediaKey, expiresAt: expiresAt.toISOString() });
    return story;
  }

  get authorId(): string {
    return this.state.authorId;
  }

  get mediaKey(): string | null {
    return this.state.mediaKey;
  }

  get isDeleted(): boolean {
    return this.state.deletedAt !== null;
  }

  /** Hides it from everybody at once. */
  delete(now: Date): void {
    Object.assign(this.state, { deletedAt: now, endedAt: this.state.endedAt ?? now });
    this.raise(StoryDeleted, { authorId: this.authorId, mediaKey: this.mediaKey });
  }
}
