import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';
import { type ProfileDetails, Profiles, type UserCounts, type UserRelation } from '../../identity/contract';

type Row = { id: string } & UserCounts & { isFollowing: boolean } & Omit<UserRelation, 'following'>;

/** Counts and relations of users, as a viewer sees them. */
@Injectable()
export class ProfileViews extends Profiles {
  constructor(private readonly sql: Sql) {
    super();
  }

  /**
   * One statement, which finds everything by key: a user has one row of counts, or a few. `LIMIT 1` makes the planner
   * look up each pair; a plain join would read everybody whom the viewer follows.
   */
  override async detailsOf(
    userIds: readonly string[],
    viewerId: string,
  ): Promise<Map<string, ProfileDetails>> {
    const rows = await this.sql.rows<Row>(
      `SELECT asked.id, counted.posts, counted.followers, counted.following,
              mine.followed_at IS NOT NULL AS "isFollowing", theirs.followed_at IS NOT NULL AS "followedBy",
              mine.blocked_at IS NOT NULL AS blocking, mine.muted_at IS NOT NULL AS muting
       FROM unnest($1::uuid[]) AS asked (id)
       LEFT JOIN LATERAL (
         SELECT * FROM social.relationships WHERE user_id = $2 AND other_id = asked.id LIMIT 1) AS mine ON true
       LEFT JOIN LATERAL (
         SELECT * FROM social.relationships WHERE user_id = asked.id AND other_id = $2 LIMIT 1) AS theirs ON true
       CROSS JOIN LATERAL (
         SELECT greatest(sum(posts), 0)::int AS posts, greatest(sum(followers), 0)::int AS followers,
                greatest(sum(following), 0)::int AS following
         FROM social.profile_counts WHERE user_id = asked.id) AS counted
       WHERE theirs.blocked_at IS NULL`,
      [userIds, viewerId],
    );
    return new Map(
      rows.map(({ id, posts, followers, following, isFollowing, ...relation }) => [
        id,
        {
          counts: { posts, followers, following },
          relation: id === viewerId ? null : { following: isFollowing, ...relation },
        },
      ]),
    );
  }
}
