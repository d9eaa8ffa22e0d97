import { enroll } from '@rookery/contexts/identity/testing';
import { inboxOf, notificationsOf } from '@rookery/contexts/notifications/testing';
import { comment, like, publish } from '@rookery/contexts/social/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';

describe('The inbox', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
  });

  const follow = (who: Person, whom: Person) =>
    system.ask(`PUT /v1/users/${whom.id}/follow`, { token: who.token });
  const mute = (who: Person, whom: Person) =>
    system.ask(`PUT /v1/users/${whom.id}/mute`, { token: who.token });
  /** Causes a last notification. A notification that is missing when this one arrives will never arrive. */
  const afterwards = async (who: Person, author: Person) => {
    const marker = await enroll(system);
    const post = await publish(system, author, { title: 'Marker' });
    await comment(system, marker, post.id);
    await eventually(async () =>
      (await inboxOf(system, who)).data.some((each) => each.target.title === 'Marker'),
    );
    await eventually(async () => {
      const open = await system.sql(
        `SELECT 1 FROM messaging.outbox o LEFT JOIN messaging.event_delivery d USING (event_id)
         WHERE o.actor_id = ANY ($1::uuid[])
           AND (o.published_at IS NULL OR (d.state = 'pending' AND d.subscriber LIKE 'notifications.%'))`,
        [[ada.id, bob.id]],
      );
      return open.length === 0;
    });
  };

  it('contains a follow, a like and a comment, newest first, with the post and the user', async () => {
    const post = await publish(system, ada, { title: 'Swifts' });
    await follow(bob, ada);
    await notificationsOf(system, ada, 1);
    await like(system, bob, post.id);
    await notificationsOf(system, ada, 2);
    const { id: commentId } = await comment(system, bob, post.id);
    const told = await notificationsOf(system, ada, 3);
    const actors = [{ id: bob.id, username: expect.any(String), name: 'Some Person' }];
    const rest = {
      id: expect.any(String),
      actors,
      actorsCount: 1,
      createdAt: expect.any(String),
      readAt: null,
    };
    const target = { type: 'post', id: post.id, title: 'Swifts', commentId: null };
    expect(told).toEqual([
      { ...rest, kind: 'comment', target: { ...target, commentId } },
      { ...rest, kind: 'like', target },
      { ...rest, kind: 'follow', target: { type: 'user', id: ada.id } },
    ]);
    expect((await inboxOf(system, ada)).unreadCount).toBe(3);
    expect(await inboxOf(system, bob)).toEqual({ data: [], page: { nextCursor: null }, unreadCount: 0 });
  });

  it('combines likes within an hour, also concurrent ones, and counts each user once', async () => {
    const post = await publish(system, ada);
    const others = await Promise.all(Array.from({ length: 6 }, () => enroll(system)));
    await Promise.all(others.map((who) => like(system, who, post.id)));
    await system.ask(`DELETE /v1/posts/${post.id}/like`, { token: others[0]!.token });
    await like(system, others[0]!, post.id);
    await eventually(async () => {
      const { data, unreadCount } = await inboxOf(system, ada);
      expect(data).toMatchObject([{ kind: 'like', actorsCount: 6 }]);
      expect(unreadCount).toBe(1);
      expect(data[0]!.actors).toHaveLength(3);
    });
    await afterwards(ada, ada);
    expect((await inboxOf(system, ada)).data.filter(({ kind }) => kind === 'like')).toMatchObject([
      { actorsCount: 6 },
    ]);
  });

  it('creates another notification an hour later', async () => {
    await follow(bob, ada);
    await notificationsOf(system, ada, 1);
    await system.sql(
      `UPDATE notifications.notifications SET created_at = created_at - interval '61 minutes' WHERE user_id = $1`,
      [ada.id],
    );
    await follow(await enroll(system), ada);
    expect(await notificationsOf(system, ada, 2)).toMatchObject([{ actorsCount: 1 }, { actorsCount: 1 }]);
  });

  it('is unread again after another follow within the hour, but not if the same user follows again', async () => {
    await follow(bob, ada);
    const [first] = await notificationsOf(system, ada, 1);
    const read = () => system.ask(`PUT /v1/notifications/${first!.id}/read`, { token: ada.token });
    await read();
    await system.ask(`DELETE /v1/users/${ada.id}/follow`, { token: bob.token });
    await follow(bob, ada);
    await afterwards(ada, ada);
    expect((await inboxOf(system, ada)).data.find(({ kind }) => kind === 'follow')!.readAt).not.toBeNull();
    await follow(await enroll(system), ada);
    await eventually(async () => {
      const joined = (await inboxOf(system, ada)).data.find(({ kind }) => kind === 'follow');
      expect(joined).toMatchObject({ id: first!.id, readAt: null, actorsCount: 2 });
    });
  });

  it('contains no own actions, and none of users who are muted, blocked or have blocked the owner', async () => {
    const [muted, blocked] = await Promise.all([enroll(system), enroll(system)]);
    const post = await publish(system, ada);
    await mute(ada, muted);
    await Promise.all([
      like(system, ada, post.id),
      like(system, muted, post.id),
      like(system, blocked, post.id),
    ]);
    await notificationsOf(system, ada, 1);
    await system.ask(`PUT /v1/users/${blocked.id}/block`, { token: ada.token });
    await comment(system, muted, post.id);
    await follow(muted, ada);
    await afterwards(ada, ada);
    expect((await inboxOf(system, ada)).data).toMatchObject([
      { kind: 'comment', target: { title: 'Marker' } },
    ]);
    expect((await inboxOf(system, ada)).unreadCount).toBe(1);
  });

  it('no longer shows a user who has deleted their account', async () => {
    const [eve, mallory] = await Promise.all([enroll(system), enroll(system)]);
    await follow(eve, ada);
    await notificationsOf(system, ada, 1);
    await follow(mallory, ada);
    await eventually(async () => {
      expect((await inboxOf(system, ada)).data).toMatchObject([{ actorsCount: 2 }]);
    });
    await system.ask('DELETE /v1/me', { token: eve.token });
    expect((await inboxOf(system, ada)).data).toMatchObject([{ actors: [{ id: mallory.id }] }]);
    await system.ask(`PUT /v1/users/${ada.id}/block`, { token: mallory.token });
    expect((await inboxOf(system, ada)).data).toEqual([]);
  });

  it('removes the notifications of a deleted account, and removes the account from the count of others', async () => {
    const eve = await enroll(system);
    const post = await publish(system, ada);
    await like(system, eve, post.id);
    await like(system, bob, post.id);
    await comment(system, eve, post.id);
    await notificationsOf(system, ada, 2);
    await system.ask('DELETE /v1/me', { token: eve.token });
    await eventually(async () => {
      const { data, unreadCount } = await inboxOf(system, ada);
      expect(data).toMatchObject([{ kind: 'like', actorsCount: 1, actors: [{ id: bob.id }] }]);
      expect(unreadCount).toBe(1);
    });
  });

  it('no longer shows deleted posts and comments', async () => {
    const [kept, deleted] = [await publish(system, ada), await publish(system, ada)];
    await like(system, bob, deleted.id);
    const { id } = await comment(system, bob, kept.id);
    await notificationsOf(system, ada, 2);
    await system.ask(`DELETE /v1/posts/${deleted.id}`, { token: ada.token });
    expect((await inboxOf(system, ada)).data).toMatchObject([{ kind: 'comment' }]);
    await system.ask(`DELETE /v1/comments/${id}`, { token: bob.token });
    await eventually(async () => {
      const rows = await system.sql('SELECT 1 FROM notifications.notifications WHERE user_id = $1', [ada.id]);
      expect(rows).toEqual([]);
    });
  });

  it('is paged without gaps or repetition, and can be limited to unread notifications', async () => {
    await system.sql(
      `WITH added AS (
         INSERT INTO notifications.notifications (user_id, id, kind, target_id, actor_count, in_app, digest, created_at, read_at)
         SELECT $1, gen_random_uuid(), 'follow', $1, 1, true, false, now(), CASE WHEN nr % 2 = 0 THEN now() END
         FROM generate_series(1, 11) nr RETURNING user_id, id)
       INSERT INTO notifications.actors SELECT user_id, id, $2, now() FROM added`,
      [ada.id, bob.id],
    );
    const all = (await inboxOf(system, ada, 'limit=100')).data.map(({ id }) => id);
    expect(all).toHaveLength(11);
    expect(all).toEqual(all.toSorted().toReversed());
    const walk = async (query: string) => {
      const ids: string[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const { data, page } = await inboxOf(system, ada, `limit=3&${query}${cursor && `&cursor=${cursor}`}`);
        ids.push(...data.map(({ id }) => id));
        cursor = page.nextCursor;
      }
      return ids;
    };
    expect(await walk('')).toEqual(all);
    expect(await walk('unread=true')).toHaveLength(6);
    const { page } = await inboxOf(system, ada, 'limit=3');
    const foreign = await system.ask(`GET /v1/notifications?cursor=${page.nextCursor}`, { token: bob.token });
    expect(foreign).toMatchObject({ status: 400, body: { code: 'request.invalid-cursor' } });
  });
});
