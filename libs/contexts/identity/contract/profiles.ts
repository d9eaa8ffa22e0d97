import { ApiSchema } from '@nestjs/swagger';
import { Field } from '@rookery/web';

/** Counts of a profile, the same for everybody who can see it. */
@ApiSchema({ name: 'UserCounts' })
export class UserCounts {
  @Field.integer({ min: 0, description: 'Number of posts of the user.', example: 12 })
  posts: number;

  @Field.integer({ min: 0, description: 'Number of users who follow the user.', example: 340 })
  followers: number;

  @Field.integer({ min: 0, description: 'Number of users that the user follows.', example: 56 })
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

/** The parts of a profile that are not part of the account. */
export interface ProfileDetails {
  counts: UserCounts;
  /** Null for the viewer. */
  relation: UserRelation | null;
}

/**
 * Implemented by the context that knows who follows whom; boot requires one. Called for each read and never cached,
 * because the result depends on the viewer.
 */
export abstract class Profiles {
  /**
   * @param viewerId id of the viewer
   * @returns the details of some users as the viewer sees them, by id; leaves out users whose profiles are hidden from
   *   the viewer
   */
  abstract detailsOf(userIds: readonly string[], viewerId: string): Promise<Map<string, ProfileDetails>>;

  /**
   * Completes the rows of a page with one call.
   *
   * @returns the rows with their details, in the same order; rows without details are left out
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
