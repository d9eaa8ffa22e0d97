import { Injectable } from '@nestjs/common';
import type { ErasedCounts, ExportedPage, PersonalData } from '@rookery/application';
import { pagesById, Sql } from '@rookery/persistence';
import { Notifications } from './storage/notifications';

const PAGE = 500;

/** All columns of the schema with user ids. Each is handled here. */
export const KNOWN_COLUMNS: readonly string[] = [
  'actors.actor_id',
  'actors.user_id',
  'digests.user_id',
  'notifications.user_id',
  'push_subscriptions.user_id',
  'settings.user_id',
];

/** Personal data of this context. */
@Injectable()
export class NotificationsPersonalData implements PersonalData {
  constructor(
    private readonly notifications: Notifications,
    private readonly sql: Sql,
  ) {}

  /** The users who caused a notification are not included: they are other people's data. */
  async *export(userId: string): AsyncGenerator<ExportedPage> {
    const read = (after: string, limit: number) =>
      this.sql.rows<{ id: string }>(
        `SELECT id, kind, target_id AS "targetId", source_id AS "sourceId", scope_id AS "scopeId", actor_count AS "actorsCount",
                in_app AS "inApp", digest, created_at AS "createdAt", read_at AS "readAt"
         FROM notifications.notifications WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT $3`,
        [userId, after, limit],
      );
    for await (const rows of pagesById(PAGE, read)) yield ['notifications', rows];
    yield [
      'settings',
      await this.sql.rows(
        `SELECT quiet_from AS "quietFrom", quiet_to AS "quietTo", digest, kinds,
                updated_at AS "updatedAt"
         FROM notifications.settings WHERE user_id = $1`,
        [userId],
      ),
    ];
    // The keys and the path of the endpoint are secrets of the device.
    yield [
      'pushSubscriptions',
      await this.sql.rows(
        `SELECT id, split_part(endpoint, '/', 3) AS service, created_at AS "createdAt"
         FROM notifications.push_subscriptions WHERE user_id = $1 ORDER BY id`,
        [userId],
      ),
    ];
    yield [
      'digests',
      await this.sql.rows('SELECT due_at AS "dueAt" FROM notifications.digests WHERE user_id = $1', [userId]),
    ];
  }

  async erase(userId: string, limit: number): Promise<ErasedCounts> {
    return {
      notifications: await this.sql.execute(
        `DELETE FROM notifications.notifications WHERE user_id = $1 AND id IN (
           SELECT id FROM notifications.notifications WHERE user_id = $1 LIMIT $2)`,
        [userId, limit],
      ),
      actions: await this.notifications.removeBy('actor', userId, limit),
      settings: await this.sql.execute('DELETE FROM notifications.settings WHERE user_id = $1', [userId]),
      pushSubscriptions: await this.sql.execute(
        'DELETE FROM notifications.push_subscriptions WHERE user_id = $1',
        [userId],
      ),
      digests: await this.sql.execute('DELETE FROM notifications.digests WHERE user_id = $1', [userId]),
    };
  }
}
