import type { ServerResponse } from 'node:http';
import { enroll } from '@rookery/contexts/identity/testing';
import { publish } from '@rookery/contexts/social/testing';
import { createWebhook, deliveriesOf, Receiver, retryNow } from '@rookery/contexts/webhooks/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';

describe('Endpoints that fail', () => {
  const system = sharedSystem();
  let ada: Person;
  let receiver: Receiver;

  beforeEach(async () => {
    [ada, receiver] = await Promise.all([enroll(system), Receiver.start()]);
  });
  afterEach(() => receiver.stop());

  const create = (own: object = {}, who = ada) =>
    createWebhook(system, who, { url: receiver.url, events: ['social.post-created'], ...own });
  const log = (id: string, query = '') => deliveriesOf(system, ada, id, query);
  const view = async (id: string) => (await system.ask(`GET /v1/webhooks/${id}`, { token: ada.token })).body;

  it('delay no other endpoint, and have few requests at once', async () => {
    const held = new Set<ServerResponse>();
    let most = 0;
    receiver.answer = (response) => {
      held.add(response);
      most = Math.max(most, held.size);
      response.on('close', () => held.delete(response)); // also one that is given up meanwhile
    };
    const healthy = await Receiver.start();
    try {
      const { id } = await create();
      const bob = await enroll(system);
      await create({ url: healthy.url }, bob);
      for (let nr = 0; nr < 12; nr += 1) await publish(system, ada);
      await receiver.has(2);
      for (let nr = 0; nr < 12; nr += 1) await publish(system, bob);
      await healthy.has(12); // while nothing of the other has been answered
      expect(most).toBe(2);
      receiver.answer = (response) => response.writeHead(204).end();
      held.forEach((response) => response.writeHead(204).end());
      await eventually(async () => {
        await retryNow(system);
        return (await log(id, '?status=delivered')).length === 12;
      });
      expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(12);
    } finally {
      await healthy.stop();
    }
  });

  it('are paused for a minute after five failures, which counts as attempts of other deliveries', async () => {
    receiver.answer = (response) => response.writeHead(500).end();
    const { id } = await create();
    for (let nr = 0; nr < 5; nr += 1) await publish(system, ada);
    await receiver.has(5);
    await eventually(async () => {
      const [row] = await system.sql<{ open: boolean }>(
        'SELECT open_until > now() AS open FROM webhooks.webhooks WHERE id = $1',
        [id],
      );
      return row!.open;
    });
    await publish(system, ada);
    await eventually(async () => {
      const all = await log(id);
      return all.length === 6 && all[0].attempts === 1;
    });
    expect((await log(id))[0].log).toMatchObject([
      { error: 'circuit-open', statusCode: null, durationMs: 0 },
    ]);
    expect(receiver.received).toHaveLength(5);
    receiver.answer = (response) => response.writeHead(204).end();
    await system.sql('UPDATE webhooks.webhooks SET open_until = now() WHERE id = $1', [id]);
    await eventually(async () => {
      await retryNow(system);
      return (await log(id, '?status=delivered')).length === 6;
    });
    expect(await view(id)).toMatchObject({ failingSince: null });
  });

  it('are paused as long as Retry-After says', async () => {
    receiver.answer = (response) => response.writeHead(429, { 'retry-after': '600' }).end();
    const { id } = await create();
    await publish(system, ada);
    await eventually(async () => {
      const [row] = await system.sql<{ seconds: number | null }>(
        'SELECT extract(epoch FROM open_until - now())::float8 AS seconds FROM webhooks.webhooks WHERE id = $1',
        [id],
      );
      return row!.seconds !== null && row!.seconds > 500 && row!.seconds <= 600;
    });
  });

  it('are disabled after days of failures, and their owner is notified by mail, without the URL', async () => {
    receiver.answer = (response) => response.writeHead(500).end();
    const { id } = await create({ url: `${receiver.url}/secret-path` });
    const state = (failures: number, hours: number) =>
      system.sql(
        `UPDATE webhooks.webhooks SET failures = $2, failing_since = now() - $3 * interval '1 h', open_until = NULL
         WHERE id = $1`,
        [id, failures, hours],
      );
    const fail = async (count: number) => {
      await publish(system, ada);
      await receiver.has(count);
      await eventually(async () => {
        const all = await log(id);
        return all.length === count && all[0].attempts === 1;
      });
    };
    await state(100, 71);
    await fail(1);
    expect((await view(id)).active).toBe(true);
    await state(3, 200);
    await fail(2);
    expect((await view(id)).active).toBe(true);
    await state(15, 73);
    await fail(3);
    expect(await view(id)).toMatchObject({ active: false, disabledReason: 'failing' });
    const sent = receiver.received.length;
    const { text } = await system.inbox.latest(ada.email, /webhook was disabled/);
    expect(text).toContain('127.0.0.1');
    expect(text).toContain(id);
    expect(text).not.toContain('secret-path');
    await eventually(async () => {
      await retryNow(system);
      return (await log(id, '?status=skipped')).length === 3;
    });
    expect(receiver.received).toHaveLength(sent);
    await publish(system, ada);
    expect(await system.sql('SELECT 1 FROM messaging.interests WHERE holder = $1', [id])).toEqual([]);
  });

  it('are disabled immediately after a 410', async () => {
    receiver.answer = (response) => response.writeHead(410).end();
    const { id } = await create();
    await publish(system, ada);
    await eventually(async () => (await view(id)).disabledReason === 'gone');
    expect((await system.inbox.latest(ada.email, /webhook was disabled/)).text).toContain('410 (Gone)');
    await eventually(async () => (await log(id))[0].status === 'failed');
  });

  it('have at most a thousand pending deliveries; further events are only logged', async () => {
    const { id } = await create();
    await system.sql(
      `INSERT INTO webhooks.deliveries (id, webhook_id, owner_id, event_id, event_type, subject, sequence, body, about, status)
       SELECT gen_random_uuid(), $1, $2, gen_random_uuid(), 'social.post-created', gen_random_uuid(), 1, '{}', '{}', 'pending'
       FROM generate_series(1, 1000)`,
      [id, ada.id],
    );
    await publish(system, ada);
    // It is healthy: a burst is no backlog. Its success is recorded, or it would undo the failure that follows.
    await eventually(async () => (await log(id, '?status=delivered')).length === 1);
    const fails = (failures: number) =>
      system.sql('UPDATE webhooks.webhooks SET failing_since = now(), failures = $2 WHERE id = $1', [
        id,
        failures,
      ]);
    await fails(1); // in the middle of the burst, and it goes on
    await publish(system, ada);
    await eventually(async () => (await log(id, '?status=delivered')).length === 2);
    await fails(5);
    await publish(system, ada);
    const [skipped] = await eventually(async () => {
      const all = await log(id, '?status=skipped');
      return all.length === 1 && all;
    });
    expect(skipped).toMatchObject({ attempts: 0, log: [{ error: 'backlog' }] });
    expect(receiver.received).toHaveLength(2);
  });

  it('are not polled by waiting ordered deliveries: the more are before one, the later it checks', async () => {
    receiver.answer = (response) => response.writeHead(500).end();
    const { id } = await create({
      events: ['social.post-created', 'social.post-updated'],
      ordered: true,
    });
    const post = await publish(system, ada);
    for (let nr = 0; nr < 4; nr += 1)
      await system.ask(`PATCH /v1/posts/${post.id}`, {
        token: ada.token,
        body: { title: `Another ${nr}` },
        headers: { 'if-match': '*' },
      });
    await eventually(async () => {
      const rows = await system.sql<{ seconds: number }>(
        `SELECT extract(epoch FROM e.due_at - now())::float8 AS seconds
         FROM webhooks.deliveries d JOIN messaging.event_delivery e ON e.subject = d.id
         WHERE d.webhook_id = $1 AND d.sequence > 1 ORDER BY d.sequence`,
        [id],
      );
      expect(rows).toHaveLength(4);
      for (const [place, { seconds }] of rows.entries()) expect(seconds).toBeGreaterThan(place + 0.1);
    });
    expect(receiver.received.filter(({ payload }) => payload.sequence > 1)).toEqual([]);
  });

  it('delay later events of the same subject only for ordered webhooks', async () => {
    const events = ['social.post-created', 'social.post-updated'];
    const refusing = new Set(['social.post-created']);
    receiver.answer = (response, { payload }) =>
      response.writeHead(refusing.has(payload.type) ? 500 : 204).end();
    const ordered = await create({ events, ordered: true });
    const loose = await create({ events });
    const post = await publish(system, ada);
    const change = (title: string) =>
      system.ask(`PATCH /v1/posts/${post.id}`, {
        token: ada.token,
        body: { title },
        headers: { 'if-match': '*' },
      });
    await change('Second');
    await eventually(async () => (await log(loose.id, '?status=delivered')).length === 1);
    await eventually(async () => (await log(ordered.id)).length === 2);
    const other = await publish(system, ada);
    await eventually(async () => (await log(ordered.id)).length === 3);
    expect(await log(ordered.id, '?status=delivered')).toEqual([]);
    refusing.clear();
    await eventually(async () => {
      await retryNow(system);
      return (await log(ordered.id, '?status=delivered')).length === 3;
    });
    const sentFor = receiver.received
      .filter(({ payload }) => payload.subject === post.id)
      .map(({ payload, headers }) => [headers['webhook-id'], payload.sequence] as const);
    const own = new Set((await log(ordered.id)).map((each: { id: string }) => each.id));
    const sequence = sentFor.filter(([webhookId]) => own.has(webhookId)).map(([, nr]) => nr);
    expect(sequence.at(-1)).toBe(2);
    expect(sequence.filter((nr) => nr === 2)).toHaveLength(1);
    expect(receiver.received.some(({ payload }) => payload.subject === other.id)).toBe(true);
  });
});
