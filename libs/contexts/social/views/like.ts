import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { NEWEST, type Position, Sql } from '@rookery/persistence';
import { Field, type Keyset, type ListQuery, type Page, paged } from '@rookery/web';
import { blocks } from '../storage/visibility';
import { PersonView } from './person';
import { PostViews } from './post';

/** A user who likes a post. */
@ApiSchema({ name: 'Like' })
export class LikeView extends PersonView {
  @Field.dateTime({ description: 'When they liked it.' })
  likedAt: Date;
}

/** Latest first. */
const BY_LIKE: Keyset<LikeView, Position> = {
  first: NEWEST,
  of: ({ likedAt, id }) => [likedAt.toISOString(), id],
};

/** Likes that a viewer may see: without users who are not active or do not exist for the viewer. */
@Injectable()
export class LikeViews {
  constructor(
    private readonly posts: PostViews,
    private readonly sql: Sql,
  ) {}

  /** @throws Rejection `resource.not-found` if the viewer may not read the post */
  of(postId: string, viewerId: string, page: ListQuery): Promise<Page<LikeView>> {
    return paged(page, `likes:${postId}`, BY_LIKE, async ([likedAt, id], limit) => {
      await this.posts.verify(postId, viewerId);
      return this.sql.rows<LikeView & Record<string, unknown>>(
        `SELECT person.id, person.username, person.name, liked.liked_at AS "likedAt"
         FROM social.likes liked JOIN social.people person ON person.id = liked.user_id
         WHERE liked.post_id = $1 AND person.active AND NOT ${blocks('liked.user_id', '$2::uuid')}
           AND (liked.liked_at, liked.user_id) < ($3::timestamptz, $4::uuid)
         ORDER BY liked.liked_at DESC, liked.user_id DESC LIMIT $5`,
        [postId, viewerId, likedAt, id, limit],
      );
    });
  }
}
