import { Injectable } from '@nestjs/common';
import { newId } from '@rookery/domain';
import { Snooze } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';

/** Milliseconds until what another transaction is writing about is tried again. */
const BUSY_MS = 50;

/** A notification for somebody. */
export interface Draft {
  userId: string;
  inApp: boolean;
  digest: boolean;
}

/** What notifications are about. */
export interface Cause {
  kind: string;
  targetId: string;
  sourceId: string | null;
  scopeId: string | null;
  actorId: string | null;
}

/** A notification of an hour that another actor joined. */
export interface Joined {
  id: string;
  /** Whether it had been read, and is unread again. */
  reopened: boolean;
}

/** What removals go by. */
export type RemovedBy = 'target' | 'scope' | 'actor';

/** The inboxes of all users. */
@Injectable()
export class Notifications {
  constructor(private readonly sql: Sql) {}

  /**
   * Everything about one target is written one after the other, so that two likes of a moment make one notification, and
   * a notification about what is being removed comes before its removal, or not at all. Several deliveries share a
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

  /** Adds a notification, with one id, to the inbox of each of some users. */
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
   * Has an actor, or what the system says, join the notification of a user about a target that began after some moment,
   * if there is one where they are to be told: in the app, or not. Requires {@link lockTarget}.
   *
   * @returns undefined if there is none; it is not unread again if the actor was in it before
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

  /** @returns how many notifications of a kind and scope a user has got since some moment, counted up to `limit` */
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

  /** Marks a notification as read. @returns false if the user has none of that id */
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
   * Removes a batch of what is about a target or belongs to a scope, or takes an actor out of a batch; a notification whose
   * last actor goes is removed.
   *
   * @param limit maximum number of rows
   * @param userId only from the inbox of this user
   * @returns how many rows there were; fewer than `limit` if nothing is left
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
   * Gives what waits for the digests of some users, up to an id, to one digest; what another has stays with it. In the
   * current transaction.
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

  /** Leaves what a digest has of some users to their next one. */
  async leaveDigest(digestId: string, userIds: readonly string[]): Promise<void> {
    await this.sql.execute(
      `UPDATE notifications.notifications SET digest_id = NULL
       WHERE user_id = ANY ($2::uuid[]) AND digest AND digest_id = $1`,
      [digestId, userIds],
    );
  }

  /** @returns ids of what a digest has of a user, latest first */
  async waiting(digestId: string, userId: string, limit: number): Promise<string[]> {
    const rows = await this.sql.rows<{ id: string }>(
      `SELECT id FROM notifications.notifications WHERE user_id = $2 AND digest AND digest_id = $1
       ORDER BY id DESC LIMIT $3`,
      [digestId, userId, limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Has the next digest of a user name what they are not told in the app; what waits for one already stays. */
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

  /** Has a notification wait for the next digest of a user, unless they have read it. */
  async keepForDigest(userId: string, id: string): Promise<void> {
    await this.sql.execute(
      `UPDATE notifications.notifications SET digest = true, digest_id = NULL
       WHERE user_id = $1 AND id = $2 AND read_at IS NULL`,
      [userId, id],
    );
  }

  /** What a digest has of some users waits no more. */
  async mailed(digestId: string, userIds: readonly string[]): Promise<void> {
    await this.sql.execute(
      `UPDATE notifications.notifications SET digest = false
       WHERE user_id = ANY ($2::uuid[]) AND digest AND digest_id = $1`,
      [digestId, userIds],
    );
  }

  /** Removes what has a source, such as a comment: few rows. */
  async removeSource(sourceId: string): Promise<void> {
    await this.sql.execute('DELETE FROM notifications.notifications WHERE source_id = $1', [sourceId]);
  }

  /** Removes what belonged to a scope and was there at some moment from the inbox of a user who has left it. */
  async removeScope(scopeId: string, userId: string, until: string): Promise<void> {
    await this.sql.execute(
      `DELETE FROM notifications.notifications WHERE scope_id = $1 AND user_id = $2 AND created_at <= $3`,
      [scopeId, userId, until],
    );
  }

  /** Removes notifications that are older than some days, the oldest first. */
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
