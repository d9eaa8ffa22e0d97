import { contexts } from '@rookery/contexts';
import { enroll } from '@rookery/contexts/identity/testing';
import { notificationsOf } from '@rookery/contexts/notifications/testing';
import { comment, like, publish } from '@rookery/contexts/social/testing';
import { Transaction } from '@rookery/persistence';
import { eventually, type Person } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { askedDuring } from '@rookery/testing/statements';
import { KNOWN_COLUMNS, NotificationsPersonalData } from './personal-data';

describe('What notifications holds about somebody', () => {
  const system = ownSystem(contexts);
  let ada: Person;
  let bob: Person;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
  });

  const eraseAll = async ({ id }: Person, limit: number) => {
    const pieces: Readonly<Record<string, number>>[] = [];
    do {
      pieces.push(
        await system
          .inWorker(Transaction)
          .run(() => system.inWorker(NotificationsPersonalData).erase(id, limit)),
      );
    } while (Object.values(pieces.at(-1)!).some((count) => count > 0));
    return pieces;
  };

  async function leftOf({ id }: Person): Promise<string[]> {
    const left: string[] = [];
    for (const column of KNOWN_COLUMNS) {
      const [table, name] = column.split('.');
      if ((await system.sql(`SELECT 1 FROM notifications.${table} WHERE ${name} = $1`, [id])).length > 0)
        left.push(column);
    }
    return left;
  }

  it('is exported and erased: inbox, settings, and what they did in the inboxes of others', async () => {
    const posts = [await publish(system, ada), await publish(system, bob)];
    await comment(system, bob, posts[0].id);
    for (let nr = 0; nr < 3; nr += 1) await comment(system, ada, posts[1].id);
    const eve = await enroll(system);
    await like(system, ada, posts[1].id);
    await like(system, eve, posts[1].id);
    await notificationsOf(system, ada, 1);
    await notificationsOf(system, bob, 4);
    await eventually(async () => {
      const [row] = await system.sql<{ count: number }>(
        `SELECT actor_count AS count FROM notifications.notifications WHERE kind = 'like' AND user_id = $1`,
        [bob.id],
      );
      expect(row!.count).toBe(2);
    });
    const settings = { quietHours: null, digest: 'weekly', kinds: {} };
    await system.ask('PUT /v1/me/notification-settings', { token: ada.token, body: settings });

    const pages: Record<string, object[]> = {};
    await system.inWorker(Transaction).run(async () => {
      for await (const [section, rows] of system.inWorker(NotificationsPersonalData).export(ada.id))
        (pages[section] ??= []).push(...rows);
    });
    expect(pages).toMatchObject({
      notifications: [{ kind: 'comment', targetId: posts[0].id, readAt: null }],
      settings: [{ digest: 'weekly' }],
      digests: [{ dueAt: expect.any(Date) }],
    });
    expect(JSON.stringify(pages)).not.toContain(bob.id);

    const pieces = await eraseAll(ada, 2);
    expect(pieces.map(({ actions }) => actions)).toEqual([2, 2, 0]);
    expect(await leftOf(ada)).toEqual([]);
    expect(await notificationsOf(system, bob, 1)).toMatchObject([
      { kind: 'like', actorsCount: 1, actors: [{ id: eve.id }] },
    ]);
  });

  it('handles every column with user ids', async () => {
    const columns = await system.sql<{ name: string }>(
      `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
       WHERE table_schema = 'notifications' AND data_type = 'uuid'
         AND column_name NOT IN ('id', 'notification_id', 'source_id', 'target_id')`,
    );
    expect(columns.map(({ name }) => name).sort()).toEqual(KNOWN_COLUMNS);
  });

  it('is read with the same number of statements, however much it is', async () => {
    const asked = async (limit: number) => {
      const { postgres } = await askedDuring(system, () =>
        system.ask(`GET /v1/notifications?limit=${limit}`, { token: ada.token }),
      );
      return postgres.flat().length;
    };
    const fill = (count: number) =>
      system.sql(
        `WITH added AS (
           INSERT INTO notifications.notifications (user_id, id, kind, target_id, actor_count, in_app, digest, created_at)
           SELECT $1, gen_random_uuid(), 'follow', $1, 1, true, false, now() FROM generate_series(1, $3) RETURNING user_id, id)
         INSERT INTO notifications.actors SELECT user_id, id, $2, now() FROM added`,
        [ada.id, bob.id, count],
      );
    await fill(1);
    const one = await asked(50);
    await fill(60);
    // Fewer where the copy of an account has arrived in between.
    expect(await asked(50)).toBeLessThanOrEqual(one);
  });

  it('is pruned when it is old, the rest stays', async () => {
    await system.sql(
      `INSERT INTO notifications.notifications (user_id, id, kind, target_id, actor_count, in_app, digest, created_at)
       SELECT $1, gen_random_uuid(), 'follow', $1, 0, true, false, now() - make_interval(days => days)
       FROM unnest(ARRAY[89, 91, 200]) AS days`,
      [ada.id],
    );
    await system.runSchedule('notifications.prune-notifications');
    const left = await system.sql('SELECT 1 FROM notifications.notifications WHERE user_id = $1', [ada.id]);
    expect(left).toHaveLength(1);
  });
});
