import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { NEWEST, type Position, Sql } from '@rookery/persistence';
import { Field, type Keyset, type ListQuery, type Page, paged } from '@rookery/web';
import { UserRelation } from '../../identity/contract';
import { blocks } from '../storage/visibility';

/** A blocked or muted user, who can be deleted or hidden. */
class ExcludedUser {
  @Field.uuid({ description: 'Id of the user.' })
  id: string;

  @Field.text({
    max: 30,
    nullable: true,
    description: 'Unique name; null while the user does not exist for you.',
    example: 'ada',
  })
  username: string | null;

  @Field.text({
    max: 100,
    nullable: true,
    description: 'Display name; null while the user does not exist for you.',
    example: 'Ada Lovelace',
  })
  name: string | null;

  @Field.object(() => UserRelation, { description: 'Relationship between you and the user.' })
  relation: UserRelation;
}

/** A user whom the caller has blocked. */
@ApiSchema({ name: 'BlockedUser' })
export class BlockedUserView extends ExcludedUser {
  @Field.dateTime({ description: 'When you blocked the user.' })
  blockedAt: Date;
}

/** A user whom the caller has muted. */
@ApiSchema({ name: 'MutedUser' })
export class MutedUserView extends ExcludedUser {
  @Field.dateTime({ description: 'When you muted the user.' })
  mutedAt: Date;
}

interface Row extends Record<string, unknown> {
  id: string;
  username: string | null;
  name: string | null;
  at: Date;
  following: boolean;
  followedBy: boolean;
  blocking: boolean;
  muting: boolean;
}

/** Latest first. */
const BY_TIME: Keyset<Row, Position> = { first: NEWEST, of: ({ at, id }) => [at.toISOString(), id] };

/**
 * The users whom a user has blocked or muted. Contains everybody whom they can unblock or unmute. For users who do not
 * exist for them, because of a deletion or a block, it contains only the id.
 */
@Injectable()
export class ExcludedUserViews {
  constructor(private readonly sql: Sql) {}

  async blockedBy(userId: string, page: ListQuery): Promise<Page<BlockedUserView>> {
    const found = await this.list('blocked_at', userId, page);
    return { ...found, data: found.data.map((row) => ({ ...summaryOf(row), blockedAt: row.at })) };
  }

  async mutedBy(userId: string, page: ListQuery): Promise<Page<MutedUserView>> {
    const found = await this.list('muted_at', userId, page);
    return { ...found, data: found.data.map((row) => ({ ...summaryOf(row), mutedAt: row.at })) };
  }

  private list(column: 'blocked_at' | 'muted_at', userId: string, page: ListQuery): Promise<Page<Row>> {
    return paged(page, `excluded:${column}:${userId}`, BY_TIME, ([at, id], limit) =>
      this.sql.rows<Row>(
        `SELECT mine.other_id AS id, person.username, person.name, mine.${column} AS at,
                person.id IS NOT NULL AND mine.followed_at IS NOT NULL AS following,
                person.id IS NOT NULL AND theirs.followed_at IS NOT NULL AS "followedBy",
                mine.blocked_at IS NOT NULL AS blocking, mine.muted_at IS NOT NULL AS muting
         FROM social.relationships mine
         LEFT JOIN social.people person
           ON person.id = mine.other_id AND person.active AND NOT ${blocks('mine.other_id', '$1::uuid')}
         LEFT JOIN social.relationships theirs ON theirs.user_id = mine.other_id AND theirs.other_id = $1
         WHERE mine.user_id = $1 AND mine.${column} IS NOT NULL
           AND (mine.${column}, mine.other_id) < ($2::timestamptz, $3::uuid)
         ORDER BY mine.${column} DESC, mine.other_id DESC LIMIT $4`,
        [userId, at, id, limit],
      ),
    );
  }
}

function summaryOf({
  id,
  username,
  name,
  following,
  followedBy,
  blocking,
  muting,
}: Row): Omit<BlockedUserView, 'blockedAt'> {
  return { id, username, name, relation: { following, followedBy, blocking, muting } };
}
