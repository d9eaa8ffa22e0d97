import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { NEWEST, type Position, Sql } from '@rookery/persistence';
import { Field, type Keyset, type ListQuery, type Page, paged } from '@rookery/web';
import { AVATAR_URL, AvatarUrls, UserAvatars, UserCounts, UserRelation } from '../../identity/contract';
import { People } from '../storage/people';
import { blocks, Visibility } from '../storage/visibility';
import { PersonView } from './person';
import { ProfileViews } from './profile';

/** A user who follows or is followed. */
@ApiSchema({ name: 'Follow' })
export class FollowView extends PersonView {
  @Field.object(() => AvatarUrls, AVATAR_URL)
  avatarUrl: AvatarUrls | null;

  @Field.dateTime({ description: 'When the follow started.' })
  followedAt: Date;

  @Field.object(() => UserCounts, {
    description: 'Counts of the user. Updated within moments.',
  })
  counts: UserCounts;

  @Field.object(() => UserRelation, {
    nullable: true,
    description: 'Current relationship between you and the user; null for yourself.',
  })
  relation: UserRelation | null;
}

interface FollowRow extends Record<string, unknown>, PersonView {
  followedAt: Date;
}

/** Latest first. */
const BY_FOLLOW: Keyset<FollowRow, Position> = {
  first: NEWEST,
  of: ({ followedAt, id }) => [followedAt.toISOString(), id],
};

/** The two ends of a follow: `user` follows `other`. */
type End = 'user_id' | 'other_id';

/** Follows that a viewer may see: without users who are not active or do not exist for the viewer. */
@Injectable()
export class FollowViews {
  constructor(
    private readonly avatars: UserAvatars,
    private readonly sql: Sql,
    private readonly people: People,
    private readonly profiles: ProfileViews,
    private readonly visibility: Visibility,
  ) {}

  /** @throws Rejection `resource.not-found` if the user does not exist for the viewer */
  followersOf(userId: string, viewerId: string, page: ListQuery): Promise<Page<FollowView>> {
    return this.list('other_id', userId, 'user_id', viewerId, page);
  }

  /** @throws Rejection `resource.not-found` if the user does not exist for the viewer */
  followedBy(userId: string, viewerId: string, page: ListQuery): Promise<Page<FollowView>> {
    return this.list('user_id', userId, 'other_id', viewerId, page);
  }

  private async list(
    fixed: End,
    userId: string,
    listed: End,
    viewerId: string,
    page: ListQuery,
  ): Promise<Page<FollowView>> {
    const found = await paged(
      page,
      `follows:${listed}:${userId}`,
      BY_FOLLOW,
      async ([followedAt, id], limit) => {
        await this.people.verify(userId);
        await this.visibility.verifyProfile(viewerId, userId);
        return this.sql.rows<FollowRow>(
          `SELECT person.id, person.username, person.name, follow.followed_at AS "followedAt"
       FROM social.relationships follow JOIN social.people person ON person.id = follow.${listed}
       WHERE follow.${fixed} = $1 AND follow.followed_at IS NOT NULL
         AND person.active AND NOT ${blocks(`follow.${listed}`, '$2::uuid')}
         AND (follow.followed_at, follow.${listed}) < ($3::timestamptz, $4::uuid)
       ORDER BY follow.followed_at DESC, follow.${listed} DESC LIMIT $5`,
          [userId, viewerId, followedAt, id, limit],
        );
      },
    );
    const data = await this.profiles.complete(found.data, viewerId);
    const urls = await this.avatars.of(data.map(({ id }) => id));
    return { ...found, data: data.map((row) => ({ ...row, avatarUrl: urls.get(row.id) ?? null })) };
  }
}
