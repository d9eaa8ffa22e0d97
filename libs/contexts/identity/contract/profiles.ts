import { ApiSchema } from '@nestjs/swagger';
import { Field } from '@rookery/web';

/** Numbers of a profile, the same for everybody who may see it. */
@ApiSchema({ name: 'UserCounts' })
export class UserCounts {
  @Field.integer({ min: 0, description: 'Posts of the user.', example: 12 })
  posts: number;

  @Field.integer({ min: 0, description: 'Users who follow the user.', example: 340 })
  followers: number;

  @Field.integer({ min: 0, description: 'Users whom the user follows.', example: 56 })
  following: number;
}

/** How you and another user relate. */
@ApiSchema({ name: 'UserRelation' })
export class UserRelation {
  @Field.boolean({ description: 'You follow the user.' })
  following: boolean;

  @Field.boolean({ description: 'The user follows you.' })
  followedBy: boolean;

  @Field.boolean({ description: 'You have blocked the user.' })
  blocking: boolean;

  @Field.boolean({ description: 'You have muted the user.' })
  muting: boolean;
}

/** What a profile shows besides the account. */
export interface ProfileDetails {
  counts: UserCounts;
  /** Null for the viewer. */
  relation: UserRelation | null;
}

/**
 * Implemented by the context that knows who follows whom; boot requires one. Asked at the moment of reading, because
 * the answer depends on who asks: it is never part of what is cached.
 */
export abstract class Profiles {
  /**
   * @param viewerId who looks at them
   * @returns what the viewer sees of some users, by id, without those whose profiles are hidden from the viewer
   */
  abstract detailsOf(userIds: readonly string[], viewerId: string): Promise<Map<string, ProfileDetails>>;

  /**
   * Completes the rows of a page with one call.
   *
   * @returns the rows with their details, in the same order; a row without an answer is not shown
   */
  async complete<Row extends { id: string }>(
    rows: readonly Row[],
    viewerId: string,
  ): Promise<(Row & ProfileDetails)[]> {
    if (rows.length === 0) return [];
    const details = await this.detailsOf(
      rows.map(({ id }) => id),
      viewerId,
    );
    return rows.flatMap((row) => {
      const found = details.get(row.id);
      return found ? [{ ...row, ...found }] : [];
    });
  }
}
