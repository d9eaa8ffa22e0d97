import { Injectable } from '@nestjs/common';
import { MAX_UUID, NotFound, Rejection } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import type { HiddenProfiles } from '../../identity/contract';
import { type Follower, type Relation, Relations } from '../contract';
import type { ManageAnyPermission, Actor } from '../model/actor';
import { People } from './people';

/** @returns SQL that is true if `user` has blocked `other`; both are SQL expressions */
export function blocks(user: string, other: string): string {
  return `EXISTS (SELECT 1 FROM social.relationships block
                  WHERE block.user_id = ${user} AND block.other_id = ${other} AND block.blocked_at IS NOT NULL)`;
}

/**
 * The visibility rule for content: everybody, unless one has blocked the other. The query that joins `social.people`
 * must check that the author is active.
 *
 * @returns SQL that is true if `viewer` may read content of `author`; both are SQL expressions
 */
export function reads(viewer: string, author: string): string {
  return `NOT ${blocks(author, viewer)} AND NOT ${blocks(viewer, author)}`;
}

/** Visibility of users. For a blocked user the blocker does not exist; the reverse does not hold. */
@Injectable()
export class Visibility extends Relations implements HiddenProfiles {
  constructor(
    private readonly people: People,
    private readonly sql: Sql,
  ) {
    super();
  }

  async from(viewerId: string): Promise<string[]> {
    const rows = await this.sql.rows<{ id: string }>(
      'SELECT user_id AS id FROM social.relationships WHERE other_id = $1 AND blocked_at IS NOT NULL',
      [viewerId],
    );
    return rows.map(({ id }) => id);
  }

  /** @throws Rejection `resource.not-found` if the user does not exist for the viewer */
  async verifyProfile(viewerId: string, userId: string): Promise<void> {
    const row = await this.sql.row<{ hidden: boolean }>(
      `SELECT ${blocks('$1::uuid', '$2::uuid')} AS hidden`,
      [userId, viewerId],
    );
    if (row!.hidden) throw new Rejection(NotFound);
  }

  /** @throws Rejection `resource.not-found` unless the user is active and the viewer may read their content */
  async assertCanRead(viewerId: string, authorId: string): Promise<void> {
    await this.people.verify(authorId);
    const row = await this.sql.row<{ readable: boolean }>(
      `SELECT ${reads('$1::uuid', '$2::uuid')} AS readable`,
      [viewerId, authorId],
    );
    if (!row!.readable) throw new Rejection(NotFound);
  }

  /**
   * An actor can find content that they can read; with the permission for content of all users, also content that a
   * block hides from them.
   *
   * @throws Rejection `resource.not-found`
   */
  async assertCanFind(actor: Actor, authorId: string, permission: ManageAnyPermission): Promise<void> {
    if (actor.permissions.has(permission)) await this.people.verify(authorId);
    else await this.assertCanRead(actor.userId, authorId);
  }

  override async visibleTo(viewerId: string, authorIds: readonly string[]): Promise<Set<string>> {
    return this.among(
      `SELECT asked.id FROM unnest($2::uuid[]) AS asked (id) WHERE ${reads('$1::uuid', 'asked.id')}`,
      viewerId,
      await this.people.active(authorIds),
    );
  }

  /** `LIMIT 1` makes the planner look up each pair; a plain join would read everybody whom the viewer follows. */
  override async relationsTo(viewerId: string, authorIds: readonly string[]): Promise<Map<string, Relation>> {
    const rows = await this.sql.rows<Relation & { id: string }>(
      `SELECT asked.id, mine.followed_at IS NOT NULL AS following, mine.muted_at IS NOT NULL AS muting
       FROM unnest($2::uuid[]) AS asked (id)
       LEFT JOIN LATERAL (
         SELECT * FROM social.relationships WHERE user_id = $1 AND other_id = asked.id LIMIT 1) AS mine ON true
       WHERE ${reads('$1::uuid', 'asked.id')}`,
      [viewerId, [...(await this.people.active(authorIds))]],
    );
    return new Map(rows.map(({ id, ...relation }) => [id, relation]));
  }

  override async viewersOf(authorId: string, viewerIds: readonly string[]): Promise<Set<string>> {
    const active = await this.people.active([authorId, ...viewerIds]);
    if (!active.has(authorId)) return new Set();
    const viewers = new Set(viewerIds.filter((id) => active.has(id)));
    return this.among(
      `SELECT asked.id FROM unnest($2::uuid[]) AS asked (id) WHERE ${reads('asked.id', '$1::uuid')}`,
      authorId,
      viewers,
    );
  }

  override async toldBy(actorId: string, userIds: readonly string[]): Promise<Set<string>> {
    return this.among(
      `SELECT asked.id FROM unnest($2::uuid[]) AS asked (id)
       WHERE NOT EXISTS (SELECT 1 FROM social.relationships mute
                         WHERE mute.user_id = asked.id AND mute.other_id = $1::uuid AND mute.muted_at IS NOT NULL)`,
      actorId,
      await this.viewersOf(actorId, userIds),
    );
  }

  override followersOf(userId: string, after: Follower | null, limit: number): Promise<Follower[]> {
    return this.sql.rows<Follower & Record<string, unknown>>(
      `SELECT person.id, follow.followed_at AS "followedAt"
       FROM social.relationships follow JOIN social.people person ON person.id = follow.user_id
       WHERE follow.other_id = $1 AND follow.followed_at IS NOT NULL AND person.active
         AND (follow.followed_at, follow.user_id) < ($2::timestamptz, $3::uuid)
       ORDER BY follow.followed_at DESC, follow.user_id DESC LIMIT $4`,
      [userId, after?.followedAt ?? 'infinity', after?.id ?? MAX_UUID, limit],
    );
  }

  override blocksAmong(userIds: readonly string[]): Promise<{ userId: string; blockedId: string }[]> {
    return this.sql.rows(
      `SELECT user_id AS "userId", other_id AS "blockedId" FROM social.relationships
       WHERE user_id = ANY ($1::uuid[]) AND other_id = ANY ($1::uuid[]) AND blocked_at IS NOT NULL`,
      [userIds],
    );
  }

  private async among(text: string, one: string, others: ReadonlySet<string>): Promise<Set<string>> {
    const rows = await this.sql.rows<{ id: string }>(text, [one, [...others]]);
    return new Set(rows.map(({ id }) => id));
  }
}
