import { contexts } from '@rookery/contexts';
import { enroll } from '@rookery/contexts/identity/testing';
import { notificationsOf } from '@rookery/contexts/notifications/testing';
import { comment, like, publish } from '@rookery/contexts/social/testing';
import { publishStory } from '@rookery/contexts/stories/testing';
import { createTodo } from '@rookery/contexts/todos/testing';
import { gather } from '@rookery/contexts/workspaces/testing';
import { Transaction } from '@rookery/persistence';
import { eventually, type Person } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { askedDuring } from '@rookery/testing/statements';
import { KNOWN_COLUMNS, NotificationsPersonalData } from './personal-data';

describe('Personal data in notifications', () => {
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

  it('is exported and erased: inbox, settings, and the actions of the user in the inboxes of others', async () => {
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

  it('is known: every column with user ids is listed', async () => {
    const columns = await system.sql<{ name: string }>(
      `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
       WHERE table_schema = 'notifications' AND data_type = 'uuid'
         AND column_name NOT IN ('id', 'digest_id', 'notification_id', 'scope_id', 'source_id', 'target_id')`,
    );
    expect(columns.map(({ name }) => name).sort()).toEqual(KNOWN_COLUMNS);
  });

  it('is read with the same number of statements, whatever its size and number of kinds', async () => {
    /** Creates one visible notification for a target of each type. */
    const fill = async () => {
      const workspaceId = await gather(system, bob, [[ada, 'member']]);
      const [tale] = await system.sql<{ id: string }>(
        `INSERT INTO tales.tales (id, version, user_id, status, run, interests, tone, length, language, created_at, requested_at)
         VALUES (gen_random_uuid(), 1, $1, 'ready', 1, '{cats}', 'calm', 'short', 'en', now(), now()) RETURNING id`,
        [ada.id],
      );
      const targets = Object.entries({
        follow: ada.id,
        like: (await publish(system, ada)).id,
        storyReaction: (await publishStory(system, ada)).id,
        taleReady: tale!.id,
        workspaceRole: workspaceId,
        todoMention: (await createTodo(system, bob, workspaceId)).id,
      });
      await system.sql(
        `WITH added AS (
           INSERT INTO notifications.notifications (user_id, id, kind, target_id, actor_count, in_app, digest, created_at)
           SELECT $1, gen_random_uuid(), kind, target, 1, true, false, now()
           FROM unnest($3::text[], $4::uuid[]) AS told (kind, target) RETURNING user_id, id)
         INSERT INTO notifications.actors SELECT user_id, id, $2, now() FROM added`,
        [ada.id, bob.id, targets.map(([kind]) => kind), targets.map(([, id]) => id)],
      );
    };
    const asked = async () => {
      const read = async () =>
        (await system.ask('GET /v1/notifications?limit=50', { token: ada.token })).body;
      const { sid: sessionId } = JSON.parse(Buffer.from(ada.token.split('.')[1]!, 'base64url').toString());
      await system.fixture('identity.forgetSession', { sessionId }); // so that it is read each time
      const { postgres } = await askedDuring(system, read);
      return { statements: postgres.flat().length, listed: (await read()).data.length as number };
    };
    await fill();
    const one = await asked();
    for (let nr = 0; nr < 3; nr += 1) await fill();
    const four = await asked();
    expect([one.listed, four.listed]).toEqual([6, 24]);
    // Fewer if the copy of an account has arrived in between.
    expect(four.statements).toBeLessThanOrEqual(one.statements);
    expect(four.statements).toBeLessThanOrEqual(20);
  });

  it('is deleted when it is old, and the rest is kept', async () => {
    await system.sql(
      `INSERT INTO notifications.notifications (user_id, id, kind, target_id, actor_count, in_app, digest, created_at)
       SELECT $1, gen_random_uuid(), 'follow', $1, 0, true, false, now() - make_interval(days => days)
       FROM unnest(ARRAY[89, 91, 200]) AS days, generate_series(1, 1200)`,
      [ada.id],
    );
    await system.runSchedule('notifications.prune-notifications');
    await eventually(async () => {
      const [left] = await system.sql(
        `SELECT count(*)::int AS count, min(created_at) > now() - interval '90 days' AS young
         FROM notifications.notifications WHERE user_id = $1`,
        [ada.id],
      );
      expect(left).toEqual({ count: 1_200, young: true });
    });
  });
});
