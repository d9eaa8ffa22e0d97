import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';
import { DEFAULT_SETTINGS, type Settings } from '../model/settings';

interface Row {
  userId: string;
  quietFrom: string | null;
  quietTo: string | null;
  digest: Settings['digest'];
  kinds: Settings['kinds'];
}

/** The notification settings of all users. */
@Injectable()
export class StoredSettings {
  constructor(private readonly sql: Sql) {}

  /** @returns the settings of users; the defaults for those who have not chosen any */
  async of(userIds: readonly string[]): Promise<Map<string, Settings>> {
    const rows = await this.sql.rows<Row & Record<string, unknown>>(
      `SELECT user_id AS "userId", quiet_from AS "quietFrom", quiet_to AS "quietTo", digest, kinds
       FROM notifications.settings WHERE user_id = ANY ($1::uuid[])`,
      [userIds],
    );
    const chosen = new Map(
      rows.map(({ userId, quietFrom, quietTo, digest, kinds }) => [
        userId,
        {
          quietHours: quietFrom && quietTo ? { from: quietFrom, to: quietTo } : null,
          digest,
          kinds,
        },
      ]),
    );
    return new Map(userIds.map((id) => [id, chosen.get(id) ?? DEFAULT_SETTINGS]));
  }

  /** @returns the settings of a user */
  async ofOne(userId: string): Promise<Settings> {
    return (await this.of([userId])).get(userId)!;
  }

  /** Locks the settings of a user until the current transaction ends. */
  async lock(userId: string): Promise<void> {
    await this.sql.execute(
      `SELECT pg_advisory_xact_lock(hashtextextended('notification-settings:' || $1::text, 0))`,
      [userId],
    );
  }

  /** Replaces the settings of a user. Of two concurrent changes, the last one wins. */
  async save(userId: string, { quietHours, digest, kinds }: Settings, now: Date): Promise<void> {
    await this.sql.execute(
      `INSERT INTO notifications.settings (user_id, quiet_from, quiet_to, digest, kinds, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (user_id) DO UPDATE
       SET quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to,
           digest = excluded.digest, kinds = excluded.kinds, updated_at = excluded.updated_at`,
      [userId, quietHours?.from ?? null, quietHours?.to ?? null, digest, JSON.stringify(kinds), now],
    );
  }
}
