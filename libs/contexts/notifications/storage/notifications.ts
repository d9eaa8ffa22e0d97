import { Injectable } from '@nestjs/common';
import { newId } from '@rookery/domain';
import { Snooze } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';

/** Milliseconds until a retry if another transaction is writing about the target. */
const BUSY_MS = 50;

/** A new notification for a user. */
export interface Draft {
  userId: string;
  inApp: boolean;
  digest: boolean;
}

/** What a notification is about. */
export interface Cause {
  kind: string;
  targetId: string;
  sourceId: string | null;
  scopeId: string | null;
  actorId: string | null;
}

/** A grouped notification that another actor was added to. */
export interface Joined {
  id: string;
  /** Whether it was read and became unread again. */
  reopened: boolean;
}

/** The column by which notifications are removed. */
export type RemovedBy = 'target' | 'scope' | 'actor';

/** The inboxes of all users. */
@Injectable()
export class Notifications {
  constructor(private readonly sql: Sql) {}

  /**
   * Serializes writes about one target, so that two concurrent likes make one notification, and a notification about a
   * target that is being removed comes before the removal or not at all. Does not wait: several deliveries share a
   * transaction in any order, so waiting could deadlock.
   *
   * @throws Snooze while another transaction writes about the target
   */
  async lockTarget(targetId: string): Promise<void> {
    const row = await this.sql.row<{ locked: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended('notifications:' || $1::text, 0)) AS locked`,
      [targetId],
    );
    if (!row!.locked) throw new Snooze(BUSY_MS);
  }

  /** Adds a notification with the same id to the inboxes of users. */
  async add(
    id: string,
    { kind, targetId, sourceId, scopeId, actorId }: Cause,
    drafts: readonly Draft[],
    now: Date,
  ): Promise<void> {
    await this.sql.execute(
      `WITH added AS (
         INSERT INTO notifications.notifications
           (user_id, id, kind, target_id, source_id, scope_id, actor_count, in_app, digest, created_at)
         SELECT "userId", $1, $2, $3, $4, $8, CASE WHEN $5::uuid IS NULL THEN 0 ELSE 1 END, "inApp", digest, $6
         FROM jsonb_to_recordset($7::jsonb) AS draft ("userId" uuid, "inApp" boolean, digest boolean)
         RETURNING user_id)
       INSERT INTO notifications.actors (user_id, notification_id, actor_id, acted_at)
       SELECT user_id, $1, $5, $6 FROM added WHERE $5::uuid IS NOT NULL`,
      [id, kind, targetId, sourceId, actorId, now, JSON.stringify(drafts), scopeId],
    );
  }

  /**
   * Adds an actor, or an event of the system, to the notification of a user about a target that was created after `since`,
   * if there is one with the same `inApp`. Requires {@link lockTarget}.
   *
   * @returns undefined if there is none. It does not become unread again if the actor was in it before
   */
  async join(
    { userId, inApp }: Pick<Draft, 'userId' | 'inApp'>,
    { kind, targetId, actorId }: Cause,
    since: Date,
    now: Date,
  ): Promise<Joined | undefined> {
    const open = await this.sql.row<{ id: string; read: boolean }>(
      `SELECT id, read_at IS NOT NULL AS read FROM notifications.notifications
       WHERE target_id = $1 AND kind = $2 AND user_id = $3 AND created_at > $4 AND in_app = $5
       ORDER BY id DESC LIMIT 1 FOR UPDATE`,
      [targetId, kind, userId, since, inApp],
    );
    if (!open) return undefined;
    const joined = await this.sql.execute(
      `WITH joined AS (
         INSERT INTO notifications.actors (user_id, notification_id, actor_id, acted_at)
         SELECT $1, $2, $3, $4 WHERE $3::uuid IS NOT NULL
         ON CONFLICT DO NOTHING RETURNING 1)
       UPDATE notifications.notifications SET actor_count = actor_count + (SELECT count(*) FROM joined), read_at = NULL
       WHERE user_id = $1 AND id = $2
         AND (EXISTS (SELECT FROM joined) OR ($3::uuid IS NULL AND read_at IS NOT NULL))`,
      [userId, open.id, actorId, now],
    );
    return { id: open.id, reopened: joined > 0 && open.read };
  }

  /** @returns number of notifications of a kind and scope that a user got since a moment, counted up to `limit` */
  async countSince(
    userId: string,
    { kind, scopeId }: Pick<Cause, 'kind' | 'scopeId'>,
    since: Date,
    limit: number,
  ): Promise<number> {
    const row = await this.sql.row<{ count: number }>(
      `SELECT count(*)::int AS count FROM (
         SELECT created_at FROM notifications.notifications WHERE scope_id = $1 AND user_id = $2 AND kind = $3
         ORDER BY id DESC LIMIT $5) AS latest
       WHERE created_at > $4`,
      [scopeId, userId, kind, since, limit],
    );
    return row!.count;
  }

  /** Marks a notification as read. @returns false if the user has no notification with that id */
  async read(userId: string, id: string, now: Date): Promise<boolean> {
    const found = await this.sql.execute(
      `UPDATE notifications.notifications SET read_at = coalesce(read_at, $3), digest = false
       WHERE user_id = $1 AND id = $2 AND in_app`,
      [userId, id, now],
    );
    return found > 0;
  }

  /** Marks everything in the inbox of a user as read. */
  async readAll(userId: string, now: Date): Promise<void> {
    await this.sql.execute(
      `UPDATE notifications.notifications SET read_at = $2, digest = false
       WHERE user_id = $1 AND in_app AND read_at IS NULL`,
      [userId, now],
    );
  }

  /**
   * Removes a batch of the notifications about a target or in a scope, or removes an actor from a batch. A notification that
   * loses its last actor is removed.
   *
   * @param limit maximum number of rows
   * @param userId only from the inbox of this user
   * @returns number of affected rows; fewer than `limit` if nothing is left
   */
  async removeBy(by: RemovedBy, id: string, limit: number, userId: string | null = null): Promise<number> {
    if (by === 'actor') return this.removeActor(id, limit, userId);
    return this.sql.execute(
      `DELETE FROM notifications.notifications WHERE (user_id, id) IN (
         SELECT user_id, id FROM notifications.notifications WHERE ${by}_id = $1
         ORDER BY user_id, id LIMIT $2 FOR UPDATE)`,
      [id, limit],
    );
  }

  /**
   * Assigns the notifications that wait for the digests of users, up to an id, to one digest, in the current transaction.
   * Notifications that are assigned to another digest stay there.
   */
  async claimForDigest(digestId: string, userIds: readonly string[], until: string): Promise<void> {
    await this.sql.execute(
      `UPDATE notifications.notifications SET digest_id = $1 WHERE (user_id, id) IN (
         SELECT user_id, id FROM notifications.notifications
         WHERE user_id = ANY ($2::uuid[]) AND digest AND digest_id IS NULL AND id <= $3
         ORDER BY user_id, id FOR UPDATE)`,
      [digestId, userIds, until],
    );
  }

  /** Releases the notifications of a digest, for some of its users, to their next digest. */
  async leaveDigest(digestId: string, userIds: readonly string[]): Promise<void> {
    await this.sql.execute(
      `UPDATE notifications.notifications SET digest_id = NULL
       WHERE user_id = ANY ($2::uuid[]) AND digest AND digest_id = $1`,
      [digestId, userIds],
    );
  }

  /** @returns ids of the notifications of a user in a digest, latest first */
  async waiting(digestId: string, userId: string, limit: number): Promise<string[]> {
    const rows = await this.sql.rows<{ id: string }>(
      `SELECT id FROM notifications.notifications WHERE user_id = $2 AND digest AND digest_id = $1
       ORDER BY id DESC LIMIT $3`,
      [digestId, userId, limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Adds notifications only to the next digest of a user, not to their inbox. Skips targets that already wait for it. */
  async addForDigest(
    userId: string,
    kind: string,
    about: readonly Pick<Cause, 'targetId' | 'scopeId'>[],
    now: Date,
  ): Promise<void> {
    await this.sql.execute(
      `INSERT INTO notifications.notifications
         (user_id, id, kind, target_id, scope_id, actor_count, in_app, digest, created_at)
       SELECT $1, about.id, $2, "targetId", "scopeId", 0, false, true, $4
       FROM jsonb_to_recordset($3::jsonb) AS about (id uuid, "targetId" uuid, "scopeId" uuid)
       WHERE NOT EXISTS (SELECT FROM notifications.notifications it
         WHERE it.target_id = "targetId" AND it.kind = $2 AND it.user_id = $1 AND it.digest)`,
      [userId, kind, JSON.stringify(about.map((each) => ({ ...each, id: newId() }))), now],
    );
  }

  /** Adds a notification to the next digest of a user, unless they have read it. */
  async keepForDigest(userId: string, id: string): Promise<void> {
    await this.sql.execute(
      `UPDATE notifications.notifications SET digest = true, digest_id = NULL
       WHERE user_id = $1 AND id = $2 AND read_at IS NULL`,
      [userId, id],
    );
  }

  /** Marks the notifications of a digest, for some of its users, as mailed. */
  async mailed(digestId: string, userIds: readonly string[]): Promise<void> {
    await this.sql.execute(
      `UPDATE notifications.notifications SET digest = false
       WHERE user_id = ANY ($2::uuid[]) AND digest AND digest_id = $1`,
      [digestId, userIds],
    );
  }

  /** Removes the notifications with a source, such as a comment. These are few rows. */
  async removeSource(sourceId: string): Promise<void> {
    await this.sql.execute('DELETE FROM notifications.notifications WHERE source_id = $1', [sourceId]);
  }

  /** Removes notifications of a scope, created until a moment, from the inbox of a user who has left it. */
  async removeScope(scopeId: string, userId: string, until: string): Promise<void> {
    await this.sql.execute(
      `DELETE FROM notifications.notifications WHERE scope_id = $1 AND user_id = $2 AND created_at <= $3`,
      [scopeId, userId, until],
    );
  }

  /** Deletes notifications that are older than `keepDays`, the oldest first. */
  async prune(keepDays: number, limit: number): Promise<number> {
    return this.sql.execute(
      `DELETE FROM notifications.notifications WHERE (user_id, id) IN (
         SELECT user_id, id FROM notifications.notifications
         WHERE created_at < now() - make_interval(days => $1) ORDER BY created_at LIMIT $2)`,
      [keepDays, limit],
    );
  }

  private async removeActor(actorId: string, limit: number, userId: string | null): Promise<number> {
    const touched = await this.sql.rows<{ userId: string; id: string; empty: boolean }>(
      `WITH gone AS (
         DELETE FROM notifications.actors WHERE (user_id, notification_id, actor_id) IN (
           SELECT user_id, notification_id, actor_id FROM notifications.actors
           WHERE actor_id = $1 AND ($3::uuid IS NULL OR user_id = $3) ORDER BY user_id, notification_id LIMIT $2)
         RETURNING user_id, notification_id)
       UPDATE notifications.notifications it SET actor_count = actor_count - 1 FROM gone
       WHERE it.user_id = gone.user_id AND it.id = gone.notification_id
       RETURNING it.user_id AS "userId", it.id, it.actor_count = 0 AS empty`,
      [actorId, limit, userId],
    );
    const empty = touched.filter((row) => row.empty);
    if (empty.length > 0) {
      await this.sql.execute(
        `DELETE FROM notifications.notifications it USING jsonb_to_recordset($1::jsonb) AS gone ("userId" uuid, id uuid)
         WHERE it.user_id = gone."userId" AND it.id = gone.id AND it.actor_count = 0`,
        [JSON.stringify(empty)],
      );
    }
    return touched.length;
  }
}
