import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { newId } from '@rookery/domain';
import { Sql } from '@rookery/persistence';

/** Maximum number of devices of a user. Another one replaces the oldest. */
export const MAX_DEVICES = 10;

/** Endpoint and keys for messages to a device (RFC 8030, RFC 8291). */
export interface Device {
  /** URL at its push service. It is a secret: whoever has it can send messages. */
  endpoint: string;
  p256dh: string;
  auth: string;
}

/** A stored device. */
export interface StoredDevice extends Device {
  id: string;
  createdAt: Date;
}

/** The devices that get push messages. */
@Injectable()
export class PushSubscriptions {
  constructor(private readonly sql: Sql) {}

  /** Adds a device. A known device, also of another user, gets the new keys and belongs to this user. @returns its id */
  async add(userId: string, { endpoint, p256dh, auth }: Device, now: Date): Promise<string> {
    await this.sql.execute(`SELECT pg_advisory_xact_lock(hashtextextended('push:' || $1::text, 0))`, [
      userId,
    ]);
    const added = await this.sql.row<{ id: string }>(
      `INSERT INTO notifications.push_subscriptions (id, user_id, endpoint_hash, endpoint, p256dh, auth, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (endpoint_hash) DO UPDATE
       SET user_id = excluded.user_id, p256dh = excluded.p256dh, auth = excluded.auth, created_at = excluded.created_at
       RETURNING id`,
      [newId(), userId, createHash('sha256').update(endpoint).digest(), endpoint, p256dh, auth, now],
    );
    await this.sql.execute(
      `DELETE FROM notifications.push_subscriptions WHERE id IN (
         SELECT id FROM notifications.push_subscriptions WHERE user_id = $1 AND id <> $2
         ORDER BY created_at DESC, id DESC OFFSET $3)`,
      [userId, added!.id, MAX_DEVICES - 1],
    );
    return added!.id;
  }

  /** @returns the devices of a user, latest first */
  of(userId: string): Promise<StoredDevice[]> {
    return this.sql.rows<StoredDevice & Record<string, unknown>>(
      `SELECT id, endpoint, p256dh, auth, created_at AS "createdAt" FROM notifications.push_subscriptions
       WHERE user_id = $1 ORDER BY created_at DESC, id DESC`,
      [userId],
    );
  }

  /** @returns the devices of a user that did not get a notification in earlier attempts */
  waitingFor(userId: string, notificationId: string): Promise<StoredDevice[]> {
    return this.sql.rows<StoredDevice & Record<string, unknown>>(
      `SELECT id, endpoint, p256dh, auth, created_at AS "createdAt" FROM notifications.push_subscriptions
       WHERE user_id = $1 AND id <> ALL (coalesce(
         (SELECT pushed_to FROM notifications.notifications WHERE user_id = $1 AND id = $2), '{}'))
       ORDER BY created_at DESC, id DESC`,
      [userId, notificationId],
    );
  }

  /** Excludes devices from further attempts to push a notification. */
  async pushed(userId: string, notificationId: string, devices: readonly string[]): Promise<void> {
    await this.sql.execute(
      `UPDATE notifications.notifications SET pushed_to = coalesce(pushed_to, '{}') || $3::uuid[]
       WHERE user_id = $1 AND id = $2`,
      [userId, notificationId, devices],
    );
  }

  /** @returns the given users who have a device */
  async among(userIds: readonly string[]): Promise<Set<string>> {
    const rows = await this.sql.rows<{ id: string }>(
      'SELECT DISTINCT user_id AS id FROM notifications.push_subscriptions WHERE user_id = ANY ($1::uuid[])',
      [userIds],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** @returns false if the user has no such device */
  async remove(userId: string, id: string): Promise<boolean> {
    const removed = await this.sql.execute(
      'DELETE FROM notifications.push_subscriptions WHERE id = $1 AND user_id = $2',
      [id, userId],
    );
    return removed > 0;
  }

  /** Deletes all devices of a user. */
  async removeAll(userId: string): Promise<void> {
    await this.sql.execute('DELETE FROM notifications.push_subscriptions WHERE user_id = $1', [userId]);
  }
}
