import { Injectable } from '@nestjs/common';
import { Rejection } from '@rookery/domain';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { Relationship, type RelationshipState } from '../model/relationship';
import { TooManyFollowed } from '../model/rejections';

export const relationshipSchema = new EntitySchema<RelationshipState>({
  name: 'Relationship',
  schema: 'social',
  tableName: 'relationships',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    userId: { type: 'uuid', name: 'user_id' },
    otherId: { type: 'uuid', name: 'other_id' },
    followedAt: { type: 'timestamptz', precision: 3, name: 'followed_at', nullable: true },
    blockedAt: { type: 'timestamptz', precision: 3, name: 'blocked_at', nullable: true },
    mutedAt: { type: 'timestamptz', precision: 3, name: 'muted_at', nullable: true },
  },
});

/** Maximum number of users whom a user may follow. */
const MAX_FOLLOWED = 10_000;

/** Who follows, blocks and mutes whom. */
@Injectable()
export class Relationships extends Repository<RelationshipState, Relationship> {
  protected readonly storedAs: StoredAs<RelationshipState, Relationship> = {
    schema: relationshipSchema,
    restore: (state) => new Relationship(state),
  };

  /**
   * Locks the relationships between two users in both directions until the current transaction ends, so that a
   * concurrent follow and block are serialized.
   *
   * @returns the relationship of the user to the other; a new one if there is none
   * @throws Rejection `social.self`
   */
  async lockBetween(userId: string, otherId: string): Promise<Relationship> {
    const none = Relationship.between(userId, otherId);
    await this.sql.execute(
      `SELECT pg_advisory_xact_lock(hashtextextended('social.pair:' || least($1, $2) || greatest($1, $2), 0))`,
      [userId, otherId],
    );
    return (await this.find({ userId, otherId })) ?? none;
  }

  /**
   * Counts the follows of a user, and locks them against other counts and additions until the current transaction ends.
   * Call it after {@link lockBetween}.
   *
   * @throws Rejection `social.too-many-followed`
   */
  async assertRoomToFollow(userId: string): Promise<void> {
    await this.sql.execute(`SELECT pg_advisory_xact_lock(hashtextextended('social.following:' || $1, 0))`, [
      userId,
    ]);
    const full = await this.sql.row(
      `SELECT FROM social.relationships WHERE user_id = $1 AND followed_at IS NOT NULL OFFSET ${MAX_FOLLOWED - 1} LIMIT 1`,
      [userId],
    );
    if (full) throw new Rejection(TooManyFollowed);
  }
}
