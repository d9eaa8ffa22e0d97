import { enroll } from '@rookery/contexts/identity/testing';
import { block, comment, like, publish } from '@rookery/contexts/social/testing';
import { createTodo } from '@rookery/contexts/todos/testing';
import { createWebhook, deliveriesOf, Receiver, retryNow } from '@rookery/contexts/webhooks/testing';
import { gather } from '@rookery/contexts/workspaces/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';
import { Webhook as StandardWebhook } from 'standardwebhooks';

describe('Delivering events to webhooks', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let receiver: Receiver;
  /** Ids of those who do something in a test. */
  const people: string[] = [];

  const newcomer = async (): Promise<Person> => {
    const person = await enroll(system);
    people.push(person.id);
    return person;
  };

  beforeEach(async () => {
    people.length = 0;
    [ada, bob, receiver] = await Promise.all([newcomer(), newcomer(), Receiver.start()]);
  });
  afterEach(() => receiver.stop());

  const follow = (who: Person, whom: Person) =>
    system.ask(`PUT /v1/users/${whom.id}/follow`, { token: who.token });
  const unfollow = (who: Person, whom: Person) =>
    system.ask(`DELETE /v1/users/${whom.id}/follow`, { token: who.token });
  const create = (own: Partial<Parameters<typeof createWebhook>[2]> = {}, who = ada) =>
    createWebhook(system, who, { url: receiver.url, ...own });
  const log = (id: string, query = '') => deliveriesOf(system, ada, id, query);
  const fanOuts = async (subject: string) =>
    system.sql(
      `SELECT 1 FROM messaging.event_delivery WHERE subscriber = 'webhooks.fan-out' AND subject = $1`,
      [subject],
    );
  /**
   * @returns whether nothing that happened in this test, or is sent because of it, is on its way; what other tests have
   *   left to receivers that are gone is tried again for hours
   */
  const isSettled = async () => {
    const open = await system.sql(
      `SELECT 1 FROM messaging.outbox o LEFT JOIN messaging.event_delivery d USING (event_id)
       WHERE (o.published_at IS NULL OR (d.state = 'pending' AND d.subscriber LIKE 'webhooks.%'))
         AND (o.actor_id = ANY ($1::uuid[])
           OR o.subject IN (SELECT id FROM webhooks.deliveries WHERE owner_id = ANY ($1::uuid[])))`,
      [people],
    );
    return open.length === 0;
  };
  const settled = () => eventually(isSettled);

  it('sends events about its owner, signed as described by Standard Webhooks', async () => {
    const { id, secret } = await create();
    await follow(bob, ada);
    const [{ headers, body, payload }] = (await receiver.has(1)) as [(typeof receiver.received)[0]];
    expect(payload).toEqual({
      type: 'social.user-followed',
      version: 1,
      id: expect.any(String),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      subject: expect.any(String),
      sequence: 1,
      data: { userId: bob.id, otherId: ada.id },
    });
    expect(new StandardWebhook(secret).verify(body, headers as Record<string, string>)).toEqual(payload);
    const forged = { ...(headers as Record<string, string>), 'webhook-id': 'another' };
    expect(() => new StandardWebhook(secret).verify(body, forged)).toThrow('No matching signature');
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'Rookery-Webhooks/1',
    });
    const [delivery] = await eventually(async () => {
      const [first] = await log(id);
      return first.status === 'delivered' && [first];
    });
    expect(delivery).toMatchObject({
      id: headers['webhook-id'],
      eventId: payload.id,
      eventType: 'social.user-followed',
      attempts: 1,
      log: [{ statusCode: 204, error: null, requestId: headers['x-request-id'] }],
      finishedAt: expect.any(String),
    });
  });

  it('creates no delivery for an event without a matching webhook', async () => {
    await create({ events: ['social.post-created'] });
    await create({ active: false });
    const [eve, theirs] = [await newcomer(), await publish(system, bob)];
    await follow(eve, bob);
    await follow(bob, ada);
    const mine = await publish(system, ada);
    await receiver.has(1);
    await settled();
    expect(receiver.received.map(({ payload }) => payload.subject)).toEqual([mine.id]);
    expect(await fanOuts(mine.id)).toHaveLength(1);
    expect(await fanOuts(theirs.id)).toEqual([]);
    const others = await system.sql(
      `SELECT 1 FROM messaging.event_delivery d JOIN messaging.outbox o USING (event_id)
       WHERE d.subscriber = 'webhooks.fan-out' AND o.type = 'social.user-followed' AND o.actor_id = ANY ($1::uuid[])`,
      [[eve.id, bob.id]],
    );
    expect(others).toEqual([]);
  });

  it('sends likes and comments to their users and to the author of the post', async () => {
    const events = ['social.post-liked', 'social.comment-added'];
    await create({ events });
    const other = await Receiver.start();
    try {
      await create({ events, url: other.url }, bob);
      const post = await publish(system, ada);
      await like(system, bob, post.id);
      await comment(system, bob, post.id);
      await like(system, ada, post.id);
      await receiver.has(3);
      await other.has(2);
      await settled();
      const types = (it: Receiver) =>
        it.received
          .map(({ payload: { type, data } }) => `${type} ${data.userId ?? data.authorId}`)
          .toSorted();
      expect(types(other)).toEqual([`social.comment-added ${bob.id}`, `social.post-liked ${bob.id}`]);
      expect(types(receiver)).toEqual(
        [
          `social.comment-added ${bob.id}`,
          `social.post-liked ${ada.id}`,
          `social.post-liked ${bob.id}`,
        ].toSorted(),
      );
    } finally {
      await other.stop();
    }
  });

  it('does not reveal blocks to the blocked user', async () => {
    const events = [
      'social.user-followed',
      'social.user-unfollowed',
      'social.user-blocked',
      'social.post-liked',
    ];
    await create({ events });
    const post = await publish(system, ada);
    await follow(ada, bob);
    await follow(bob, ada);
    await receiver.has(2);
    receiver.received.length = 0;
    await system.ask(`PUT /v1/users/${ada.id}/block`, { token: bob.token });
    const eve = await newcomer();
    await like(system, eve, post.id);
    await block(system, eve, ada);
    await follow(ada, await newcomer());
    await receiver.has(1);
    await settled();
    const told = receiver.received.map(({ payload }) => payload);
    expect(JSON.stringify(told)).not.toContain(bob.id);
    expect(told.filter(({ type }) => /blocked|unfollowed/.test(type))).toEqual([]);
  });

  it('notifies users of their own blocks and unfollows', async () => {
    await create({ events: ['social.user-unfollowed', 'social.user-blocked'] });
    await follow(ada, bob);
    await unfollow(ada, bob);
    await system.ask(`PUT /v1/users/${bob.id}/block`, { token: ada.token });
    await receiver.has(2);
    expect(new Set(receiver.received.map(({ payload }) => payload.type))).toEqual(
      new Set(['social.user-unfollowed', 'social.user-blocked']),
    );
  });

  it('skips a retry about something that its owner can no longer see', async () => {
    receiver.answer = (response) => response.writeHead(500).end();
    const { id } = await create();
    await follow(bob, ada);
    await receiver.has(1);
    await eventually(async () => (await log(id))[0]?.attempts === 1);
    await system.ask(`PUT /v1/users/${ada.id}/block`, { token: bob.token });
    await eventually(async () => {
      await retryNow(system);
      return (await log(id))[0].status === 'skipped';
    });
    expect((await log(id))[0].log.at(-1)).toMatchObject({ error: 'withheld', statusCode: null });
    expect(receiver.received).toHaveLength(1);
  });

  it('sends events of workspaces to members, and nothing to removed members, not even retries', async () => {
    receiver.answer = (response) => response.writeHead(500).end();
    const workspaceId = await gather(system, bob, [[ada, 'member']]);
    const { id } = await create({ events: ['todos.todo-created', 'workspaces.member-removed'] });
    const stranger = await Receiver.start();
    try {
      await create({ events: ['todos.todo-created'], url: stranger.url }, await newcomer());
      await createTodo(system, bob, workspaceId);
      const [{ payload }] = (await receiver.has(1)) as [(typeof receiver.received)[0]];
      expect(payload).toMatchObject({ type: 'todos.todo-created', data: { workspaceId, authorId: bob.id } });
      await eventually(async () => (await log(id))[0]?.attempts === 1);
      receiver.answer = (response) => response.writeHead(204).end();
      await system.ask(`DELETE /v1/workspaces/${workspaceId}/members/${ada.id}`, { token: bob.token });
      await receiver.has(2); // that they were removed
      await createTodo(system, bob, workspaceId);
      await eventually(async () => {
        await retryNow(system);
        return (await log(id, '?status=skipped')).length === 1;
      });
      await settled();
      expect(receiver.received.map((each) => each.payload.type)).toEqual([
        'todos.todo-created',
        'workspaces.member-removed',
      ]);
      expect(stranger.received).toEqual([]);
    } finally {
      await stranger.stop();
    }
  });

  it('retries with the same id and a fresh signature until the receiver accepts it', async () => {
    let refused = 0;
    receiver.answer = (response) => response.writeHead((refused += 1) <= 2 ? 503 : 200).end();
    const { id, secret } = await create();
    await follow(bob, ada);
    await eventually(async () => {
      await retryNow(system);
      return receiver.received.length === 3;
    });
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(receiver.received.map(({ headers }) => headers['x-request-id'])).size).toBe(3);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    for (const { body, headers } of receiver.received)
      new StandardWebhook(secret).verify(body, headers as Record<string, string>);
    await eventually(async () => (await log(id))[0].status === 'delivered');
    expect((await log(id))[0].log).toMatchObject([
      { statusCode: 503, error: 'status' },
      { statusCode: 503, error: 'status' },
      { statusCode: 200, error: null },
    ]);
    const { body: view } = await system.ask(`GET /v1/webhooks/${id}`, { token: ada.token });
    expect(view.failingSince).toBeNull();
  });

  it.each([301, 302, 307, 400, 404, 500])('treats %i as a failure', async (status) => {
    receiver.answer = (response) => response.writeHead(status, { location: receiver.url }).end();
    const { id } = await create();
    await follow(bob, ada);
    await eventually(async () => (await log(id))[0]?.attempts === 1);
    expect((await log(id))[0]).toMatchObject({
      status: 'pending',
      log: [{ statusCode: status, error: 'status' }],
    });
    expect(receiver.received).toHaveLength(1);
  });

  it('fails for good after eight attempts, and is sent once by a redrive of operators', async () => {
    receiver.answer = (response) => response.writeHead(500).end();
    const { id } = await create();
    // So that the circuit never opens: an attempt that finds it open counts without a request.
    await system.sql('UPDATE webhooks.webhooks SET failures = -100 WHERE id = $1', [id]);
    await follow(bob, ada);
    const [delivery] = await eventually(async () => {
      await retryNow(system);
      const all = await log(id);
      return all[0]?.status === 'failed' && all;
    });
    expect(delivery).toMatchObject({ attempts: 8, finishedAt: expect.any(String) });
    const dead = () =>
      system.sql<{ state: string; queue: string }>(
        `SELECT state, queue FROM messaging.event_delivery WHERE subscriber = 'webhooks.deliver' AND subject = $1`,
        [delivery.id],
      );
    expect(await dead()).toEqual([{ state: 'dead', queue: 'webhooks' }]);
    receiver.answer = (response) => response.writeHead(204).end();
    const redrive = () =>
      system.sql(
        `UPDATE messaging.event_delivery SET state = 'pending', attempts = 0, due_at = now() - interval '2 min',
                finished_at = NULL WHERE subscriber = 'webhooks.deliver' AND subject = $1`,
        [delivery.id],
      );
    await redrive();
    await eventually(async () => (await log(id))[0].status === 'delivered');
    await eventually(async () => (await dead())[0]!.state === 'done');
    await redrive();
    await eventually(async () => (await dead())[0]!.state === 'done');
    expect(receiver.received).toHaveLength(9);
  });

  it('sends a finished delivery again on request, and never twice at once', async () => {
    const { id } = await create();
    await follow(bob, ada);
    await receiver.has(1);
    const [{ id: deliveryId }] = await eventually(async () => {
      const all = await log(id);
      return all[0].status === 'delivered' && all;
    });
    const again = (who = ada, delivery = deliveryId) =>
      system.ask(`POST /v1/webhooks/${id}/deliveries/${delivery}/redeliver`, { token: who.token });
    expect((await again(bob)).status).toBe(404);
    expect((await again(ada, bob.id)).status).toBe(404);
    const held = await new Promise<() => void>((resolve) => {
      receiver.answer = (response) => resolve(() => response.writeHead(204).end());
      void again();
    });
    expect(await again()).toMatchObject({ status: 409, body: { code: 'webhooks.delivery-pending' } });
    held();
    await eventually(async () => (await log(id))[0].status === 'delivered');
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([deliveryId, deliveryId]);
    await system.ask(`PATCH /v1/webhooks/${id}`, { token: ada.token, body: { active: false } });
    expect(await again()).toMatchObject({ status: 409, body: { code: 'webhooks.inactive' } });
    expect((await log(id))[0].status).toBe('delivered');
  });

  it('shows deliveries newest first, page by page, and by status', async () => {
    const { id } = await create();
    for (let nr = 0; nr < 3; nr += 1) await follow(await newcomer(), ada);
    await eventually(async () => (await log(id, '?status=delivered')).length === 3);
    expect(await log(id, '?status=failed')).toEqual([]);
    const all = (await log(id)).map((each: { id: string }) => each.id);
    expect(all).toEqual(all.toSorted().toReversed());
    const first = await system.ask(`GET /v1/webhooks/${id}/deliveries?limit=2`, { token: ada.token });
    const rest = await system.ask(`GET /v1/webhooks/${id}/deliveries?cursor=${first.body.page.nextCursor}`, {
      token: ada.token,
    });
    expect([...first.body.data, ...rest.body.data].map((each: { id: string }) => each.id)).toEqual(all);
    expect((await system.ask(`GET /v1/webhooks/${id}/deliveries`, { token: bob.token })).status).toBe(404);
    const unknown = await system.ask(`GET /v1/webhooks/${id}/deliveries?status=x`, { token: ada.token });
    expect(unknown.status).toBe(400);
  });

  it('signs with both secrets after a rotation, and with the new one alone when the overlap is over', async () => {
    const { id, secret: first } = await create();
    const rotate = () => system.ask(`POST /v1/webhooks/${id}/rotate-secret`, { token: ada.token });
    const { status, body: rotated } = await rotate();
    expect({
      status,
      overlap: Date.parse(rotated.previousSecretExpiresAt) - Date.now() > 86_000_000,
    }).toEqual({
      status: 200,
      overlap: true,
    });
    const verified = (secret: string, nr: number) => {
      const { body, headers } = receiver.received[nr]!;
      try {
        new StandardWebhook(secret).verify(body, headers as Record<string, string>);
        return true;
      } catch {
        return false;
      }
    };
    await follow(bob, ada);
    await receiver.has(1);
    expect([verified(first, 0), verified(rotated.secret, 0)]).toEqual([true, true]);
    await system.sql('UPDATE webhooks.webhooks SET previous_secret_expires_at = now() WHERE id = $1', [id]);
    await follow(await newcomer(), ada);
    await receiver.has(2);
    expect([verified(first, 1), verified(rotated.secret, 1)]).toEqual([false, true]);
    const { body: third } = await rotate();
    await follow(await newcomer(), ada);
    await receiver.has(3);
    expect([verified(first, 2), verified(rotated.secret, 2), verified(third.secret, 2)]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('is tested by a ping, also while it is not active', async () => {
    const { id, secret } = await create({ active: false });
    const { status, body } = await system.ask(`POST /v1/webhooks/${id}/ping`, { token: ada.token });
    expect(status).toBe(202);
    const [{ headers, body: sent, payload }] = (await receiver.has(1)) as [(typeof receiver.received)[0]];
    new StandardWebhook(secret).verify(sent, headers as Record<string, string>);
    expect(payload).toMatchObject({ type: 'webhooks.ping', data: { webhookId: id } });
    expect(headers['webhook-id']).toBe(body.deliveryId);
  });

  it('aborts slow responses, and blocks private addresses of public names at the connection', async () => {
    receiver.answer = (response) => {
      response.writeHead(200);
      const dripping = setInterval(() => response.write('a'), 10);
      response.on('close', () => clearInterval(dripping));
    };
    const { id } = await create();
    await follow(bob, ada);
    await eventually(async () => (await log(id))[0]?.status === 'delivered');
    expect((await log(id))[0].log[0].durationMs).toBeLessThan(9_000);
    const { id: blocked } = await create({ url: 'https://hooks.example.com/x' });
    await system.sql(`UPDATE webhooks.webhooks SET url = 'https://127.0.0.2/x' WHERE id = $1`, [blocked]);
    await system.ask(`POST /v1/webhooks/${blocked}/ping`, { token: ada.token });
    const [failed] = await eventually(async () => {
      const all = await log(blocked);
      return all[0]?.status === 'failed' && all;
    });
    expect(failed).toMatchObject({ attempts: 1, log: [{ error: 'blocked', statusCode: null }] });
  });

  it('sends nothing more once the webhook is deleted, and deletes its log', async () => {
    receiver.answer = (response) => response.writeHead(500).end();
    const { id } = await create();
    await follow(bob, ada);
    await eventually(async () => (await log(id))[0]?.attempts === 1);
    const [delivery] = await log(id);
    await system.ask(`DELETE /v1/webhooks/${id}`, { token: ada.token });
    await eventually(
      async () =>
        (await system.sql('SELECT 1 FROM webhooks.deliveries WHERE webhook_id = $1', [id])).length === 0,
    );
    // The job that waits for its next attempt goes with it.
    expect(
      await system.sql('SELECT 1 FROM messaging.event_delivery WHERE subject = $1', [delivery.id]),
    ).toEqual([]);
    await eventually(async () => {
      await retryNow(system); // again where it was not waiting for its time yet
      return isSettled();
    });
    expect(receiver.received).toHaveLength(1);
  });

  it('deletes all old deliveries from the log, and keeps pending and recent ones', async () => {
    const { id } = await create();
    const plant = (count: number, days: number, status: string) =>
      system.sql(
        `INSERT INTO webhooks.deliveries (id, webhook_id, owner_id, event_id, event_type, subject, sequence, body, about,
           status, created_at)
         SELECT gen_random_uuid(), $1, $2, gen_random_uuid(), 'social.user-followed', gen_random_uuid(), 1, '{}', '{}',
           $3, now() - make_interval(days => $4) FROM generate_series(1, $5)`,
        [id, ada.id, status, days, count],
      );
    await plant(5_100, 31, 'delivered');
    await plant(1, 31, 'pending');
    await plant(1, 29, 'failed');
    await system.runSchedule('webhooks.prune-deliveries');
    await eventually(async () => {
      const left = await system.sql(
        'SELECT status FROM webhooks.deliveries WHERE webhook_id = $1 ORDER BY 1',
        [id],
      );
      expect(left).toEqual([{ status: 'failed' }, { status: 'pending' }]);
    });
  });
});
