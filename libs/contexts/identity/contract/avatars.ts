import { ApiSchema } from '@nestjs/swagger';
import { Field } from '@rookery/web';

/** A picture of a user in three sizes. The URLs expire, so do not store them. */
@ApiSchema({ name: 'AvatarUrls' })
export class AvatarUrls {
  @Field.url({ description: 'At most 160 pixels wide and high.' })
  small: string;

  @Field.url({ description: 'At most 640 pixels wide and high.' })
  medium: string;

  @Field.url({ description: 'At most 2,048 pixels wide and high.' })
  large: string;
}

/** Field options of avatars in all views. */
export const AVATAR_URL = {
  nullable: true,
  description: 'Picture of the user; null if there is none, and for a moment after it was uploaded.',
} as const;

/** A user and the key of the avatar. */
interface Pictured {
  avatarMediaKey: string | null;
}

/** Implemented by the context that stores images; boot requires one. */
export abstract class Avatars {
  /**
   * Verifies that a user can use an upload as their avatar. Slow: call it outside of a transaction.
   *
   * @throws Rejection `media.not-usable`, `media.unavailable`
   */
  abstract verify(userId: string, mediaKey: string): Promise<void>;
  /**
   * In the caller's transaction: replaces the avatar of the user.
   *
   * @throws Rejection `media.not-usable`
   */
  abstract replace(userId: string, previous: string | null, next: string | null): Promise<void>;
  /** @returns links to the avatars that can be shown, by key, in one statement */
  abstract urlsOf(mediaKeys: readonly string[]): Promise<Map<string, AvatarUrls>>;

  /**
   * Adds avatars to rows with one statement, or none if no row has an avatar.
   *
   * @returns the rows in the same order, with links instead of keys
   */
  async complete<Row extends Pictured>(
    rows: readonly Row[],
  ): Promise<(Omit<Row, 'avatarMediaKey'> & { avatarUrl: AvatarUrls | null })[]> {
    const keys = new Set(rows.flatMap(({ avatarMediaKey }) => avatarMediaKey ?? []));
    const urls = keys.size === 0 ? undefined : await this.urlsOf([...keys]);
    return rows.map(({ avatarMediaKey, ...row }) => ({
      ...row,
      // An entry that an older release has cached has no key.
      avatarUrl: urls?.get(avatarMediaKey ?? '') ?? null,
    }));
  }
}

/** Offered to other contexts: the avatars of users. */
export abstract class UserAvatars {
  /** @returns links to the avatars of the users who have one, by user id, in two statements */
  abstract of(userIds: readonly string[]): Promise<Map<string, AvatarUrls>>;
}
