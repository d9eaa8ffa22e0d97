import { newId } from '@rookery/domain';
import { enroll, newcomer } from '@rookery/contexts/identity/testing';
import { block } from '@rookery/contexts/social/testing';
import { eventually, type Person, race, sharedSystem } from '@rookery/testing';
import { gather, invite, inviteToken, personalOf } from '../../testing';

describe('Inviting somebody', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let id: string;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system, { name: 'Ada Lovelace' }), enroll(system)]);
    id = await gather(system, ada);
  });

  const send = ({ token }: Person, body: object, workspaceId = id) =>
    system.ask(`POST /v1/workspaces/${workspaceId}/invites`, { token, body });
  const open = async ({ token }: Person = ada) =>
    (await system.ask(`GET /v1/workspaces/${id}/invites`, { token })).body.data;

  it('mails the link, and does not return it', async () => {
    const { email } = newcomer();
    const { status, body } = await send(ada, { email: email.toUpperCase(), role: 'guest' });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.any(String),
      workspaceId: id,
      email,
      userId: null,
      role: 'guest',
      invitedBy: ada.id,
      createdAt: expect.any(String),
      expiresAt: expect.any(String),
    });
    expect(Date.parse(body.expiresAt) - Date.parse(body.createdAt)).toBe(7 * 86_400_000);
    const mail = await system.inbox.latest(email);
    expect(mail.subject).toBe('Ada Lovelace invites you to join "Spring count"');
    const token = await inviteToken(system, email);
    expect(mail.text).toContain(`http://rookery.test/invites?token=${token}`);
    expect(await open()).toEqual([body]);
    const stored = await system.sql('SELECT to_jsonb(i) FROM workspaces.invites i WHERE id = $1', [body.id]);
    const events = await system.sql('SELECT to_jsonb(o) FROM messaging.outbox o WHERE subject = $1', [
      body.id,
    ]);
    expect(JSON.stringify([stored, events])).not.toContain(token);
    expect(JSON.stringify(events)).not.toContain(email);
  });

  it('mails a user at their address, which the owner cannot see', async () => {
    const { body } = await send(ada, { userId: bob.id, role: 'owner' });
    expect(body).toMatchObject({ email: null, userId: bob.id, role: 'owner' });
    await system.inbox.latest(bob.email, /invites you/);
    expect(JSON.stringify(await open())).not.toContain(bob.email);
  });

  it('returns the same for an address with an account and one without', async () => {
    const answers = await Promise.all(
      [bob.email, newcomer().email].map((email) => send(ada, { email, role: 'member' })),
    );
    const shapes = answers.map(({ status, body }) => ({
      status,
      keys: Object.keys(body),
      empty: Object.keys(body).filter((key) => body[key] === null),
    }));
    expect(shapes[0]).toEqual(shapes[1]);
  });

  it('requires the owner role, and returns 404 for users whom the owner cannot see', async () => {
    const member = await enroll(system);
    const shared = await gather(system, ada, [[member, 'member']]);
    const { email } = newcomer();
    expect((await send(member, { email, role: 'guest' }, shared)).body.code).toBe('auth.forbidden');
    expect(
      (await system.ask(`GET /v1/workspaces/${shared}/invites`, { token: member.token })).body.code,
    ).toBe('auth.forbidden');
    expect((await send(bob, { email, role: 'guest' }, shared)).status).toBe(404);
    await block(system, bob, ada);
    for (const userId of [bob.id, newId()])
      expect((await send(ada, { userId, role: 'guest' })).status).toBe(404);
    expect((await send(ada, { userId: member.id, role: 'guest' }, shared)).body.code).toBe(
      'workspaces.already-member',
    );
    expect((await send(ada, { email, role: 'guest' }, await personalOf(system, ada))).body.code).toBe(
      'workspaces.personal',
    );
  });

  it('does not mail a user who has blocked the sender, and does not reveal this', async () => {
    const eve = await enroll(system);
    await block(system, eve, ada);
    expect((await send(ada, { email: eve.email, role: 'guest' })).status).toBe(201);
    expect((await send(ada, { email: bob.email, role: 'guest' })).status).toBe(201);
    await eventually(async () => {
      const waiting = await system.sql(
        `SELECT 1 FROM messaging.outbox o LEFT JOIN messaging.event_delivery d ON d.event_id = o.event_id
         WHERE o.type = 'workspaces.member-invited' AND o.data ->> 'workspaceId' = $1
           AND (o.published_at IS NULL OR d.state = 'pending')`,
        [id],
      );
      expect(waiting).toEqual([]);
    });
    const invitesTo = async (address: string) =>
      (await system.inbox.of(address)).filter(({ subject }) => / invites you /.test(subject));
    expect(await invitesTo(bob.email)).toHaveLength(1);
    expect(await invitesTo(eve.email)).toEqual([]);
  });

  it('replaces an earlier invite to the same addressee, also for concurrent requests', async () => {
    const { email } = newcomer();
    const first = await invite(system, ada, id, { email });
    const answers = await race(system, [
      () => send(ada, { email, role: 'guest' }),
      () => send(ada, { email, role: 'owner' }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(await open()).toEqual([answers[1]!.body]);
    expect(first.id).not.toBe(answers[1]!.body.id);
  });

  it('limits the open invites to a workspace, and the invites of one user in a day', async () => {
    const fill = (count: number, invitedBy: string | null) =>
      system.sql(
        `INSERT INTO workspaces.invites (id, version, workspace_id, email, role, invited_by, token_hash, created_at, expires_at)
         SELECT gen_random_uuid(), 1, $1, 'person' || nr || '@example.com', 'guest', $2,
                sha256(gen_random_uuid()::text::bytea), now(), now() + interval '1 day' FROM generate_series(1, $3::int) nr`,
        [id, invitedBy, count],
      );
    const { email } = newcomer();
    await fill(100, newId());
    expect((await send(ada, { email, role: 'guest' })).body.code).toBe('workspaces.too-many-invites');
    expect((await send(ada, { email: 'person1@example.com', role: 'guest' })).status).toBe(201);
    await system.sql('DELETE FROM workspaces.invites WHERE workspace_id = $1', [id]);
    await fill(49, ada.id);
    const answers = await race(
      system,
      [1, 2].map(() => () => send(ada, { email: newcomer().email, role: 'guest' })),
    );
    expect(answers.map(({ status }) => status)).toEqual([201, 409]);
  });

  it('limits the mails to an address in a day, from all senders together', async () => {
    const { email } = newcomer();
    const owners = await Promise.all(Array.from({ length: 6 }, () => enroll(system)));
    for (const owner of owners) await invite(system, owner, await gather(system, owner), { email });
    await eventually(async () => {
      const rows = await system.sql<{ mailed: boolean; attempts: number; later: boolean }>(
        `SELECT i.mailed_at IS NOT NULL AS mailed, coalesce(d.due_at > now() + interval '10 min', false) AS later
         FROM workspaces.invites i JOIN messaging.outbox o ON o.subject = i.id
         JOIN messaging.event_delivery d ON d.event_id = o.event_id AND d.subscriber = 'workspaces.send-invite-mail'
         WHERE i.email = $1`,
        [email],
      );
      expect(rows.filter(({ mailed }) => mailed)).toHaveLength(5);
      expect(rows.filter(({ mailed, later }) => !mailed && later)).toHaveLength(1);
    });
    await eventually(async () => expect(await system.inbox.of(email)).toHaveLength(5));
  });

  it('mails an address twice a day for one sender, without using up the limit of others', async () => {
    const { email } = newcomer();
    const mailed = () =>
      system.sql<{ by: string }>(
        'SELECT invited_by AS by FROM workspaces.invites WHERE email = $1 AND mailed_at IS NOT NULL',
        [email],
      );
    for (const sent of [1, 2]) {
      await invite(system, ada, id, { email });
      await eventually(async () => expect(await mailed()).toHaveLength(sent));
    }
    const waiting = await invite(system, ada, await gather(system, ada), { email });
    await eventually(async () => {
      const [delivery] = await system.sql<{ later: boolean }>(
        `SELECT d.due_at > now() + interval '10 min' AS later FROM messaging.outbox o
         JOIN messaging.event_delivery d ON d.event_id = o.event_id AND d.subscriber = 'workspaces.send-invite-mail'
         WHERE o.subject = $1`,
        [waiting.id],
      );
      expect(delivery?.later).toBe(true);
    });
    await invite(system, bob, await gather(system, bob), { email });
    await eventually(async () => expect(await mailed()).toHaveLength(3));
    expect((await mailed()).filter(({ by }) => by === ada.id)).toHaveLength(2);
  });

  it.each([
    ['', { role: 'guest' }],
    ['email', { email: 'nowhere', role: 'guest' }],
    ['role', { email: 'ada@example.com', role: 'admin' }],
    ['userId', { userId: 'nobody', role: 'guest' }],
  ])('reports an invalid %j', async (path, body) => {
    expect(await send(ada, body)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  });
});
