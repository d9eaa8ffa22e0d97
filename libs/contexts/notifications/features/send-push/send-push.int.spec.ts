import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { comment, publish } from '@rookery/contexts/social/testing';
import { notificationsOf } from '@rookery/contexts/notifications/testing';
import { eventually, type Person, privateSystem } from '@rookery/testing';

interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** A device with its keys, which can decrypt messages (RFC 8188, RFC 8291). */
class Device {
  private readonly curve = createECDH('prime256v1');
  private readonly auth = randomBytes(16);
  readonly endpoint: string;

  constructor(serviceUrl: string) {
    this.curve.generateKeys();
    this.endpoint = `${serviceUrl}/${newId()}`;
  }

  get subscription(): object {
    const p256dh = this.curve.getPublicKey('base64url');
    return { endpoint: this.endpoint, keys: { p256dh, auth: this.auth.toString('base64url') } };
  }

  read(body: Buffer): Record<string, unknown> {
    const salt = body.subarray(0, 16);
    const keyLength = body[20]!;
    const sender = body.subarray(21, 21 + keyLength);
    const secret = this.curve.computeSecret(sender);
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), this.curve.getPublicKey(), sender]);
    const material = Buffer.from(hkdfSync('sha256', secret, this.auth, info, 32));
    const derived = (label: string, length: number) =>
      Buffer.from(hkdfSync('sha256', material, salt, `Content-Encoding: ${label}\0`, length));
    const sealed = body.subarray(21 + keyLength);
    const opener = createDecipheriv('aes-128-gcm', derived('aes128gcm', 16), derived('nonce', 12));
    opener.setAuthTag(sealed.subarray(-16));
    const padded = Buffer.concat([opener.update(sealed.subarray(0, -16)), opener.final()]);
    return JSON.parse(padded.subarray(0, padded.lastIndexOf(2)).toString('utf8'));
  }
}

describe('Push messages', () => {
  const system = privateSystem({ WEBHOOK_ALLOWED_HOSTS: '127.0.0.1' });
  const received: Received[] = [];
  let statuses: number[] = [];
  let serviceUrl: string;
  let hanging: ServerResponse[] = [];
  const service = createServer((request, response) => {
    void buffer(request).then((body) => {
      if (request.url!.endsWith('/hangs')) return void hanging.push(response);
      received.push({ path: request.url!, headers: request.headers, body });
      return response.writeHead(statuses.shift() ?? 201).end();
    });
  });
  let ada: Person;
  let bob: Person;

  beforeAll(async () => {
    await new Promise<void>((done) => service.listen(0, '127.0.0.1', done));
    serviceUrl = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    service.closeAllConnections();
    service.close();
  });
  beforeEach(async () => {
    received.length = 0;
    statuses = [];
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
  });

  const subscribe = (who: Person, body: object) =>
    system.ask('POST /v1/me/push-subscriptions', { token: who.token, body });
  const follow = (who: Person, whom: Person) =>
    system.ask(`PUT /v1/users/${whom.id}/follow`, { token: who.token });
  const devicesOf = async (who: Person) =>
    (await system.ask('GET /v1/me/push-subscriptions', { token: who.token })).body.data as { id: string }[];
  const settled = () =>
    eventually(async () => {
      const open = await system.sql(
        `SELECT 1 FROM messaging.event_delivery WHERE state = 'pending' AND due_at < now() + interval '1 minute'`,
      );
      return open.length === 0;
    });

  it('reach every device once, encrypted for it and signed by this server', async () => {
    const devices = [new Device(serviceUrl), new Device(serviceUrl)];
    for (const { subscription } of devices) expect((await subscribe(ada, subscription)).status).toBe(201);
    await follow(bob, ada);
    await eventually(() => received.length === 2);
    const [notification] = await notificationsOf(system, ada, 1);
    const { body } = await system.ask('GET /v1/me/push-subscriptions/key', { token: ada.token });
    for (const device of devices) {
      const message = received.find(({ path }) => device.endpoint.endsWith(path))!;
      expect(device.read(message.body)).toEqual({
        notificationId: notification!.id,
        kind: 'follow',
        text: 'Some Person started following you',
        target: { type: 'user', id: ada.id },
      });
      expect(message.body.toString('latin1')).not.toContain('Some Person');
      expect(message.headers).toMatchObject({ 'content-encoding': 'aes128gcm', ttl: '86400' });
      expect(message.headers.topic).toMatch(/^[\w-]{32}$/);
      assertSignedBy(body.publicKey, message.headers.authorization!, serviceUrl);
    }
  });

  it.each([404, 410])('remove a device if the push service returns %i', async (status) => {
    await subscribe(ada, new Device(serviceUrl).subscription);
    statuses = [status];
    await follow(bob, ada);
    await eventually(async () => (await devicesOf(ada)).length === 0);
    expect(received).toHaveLength(1);
  });

  it('are retried with the same topic if the push service is overloaded', async () => {
    await subscribe(ada, new Device(serviceUrl).subscription);
    statuses = [503];
    await follow(bob, ada);
    await eventually(() => received.length === 2);
    expect(received[1]!.headers.topic).toBe(received[0]!.headers.topic);
    expect(await devicesOf(ada)).toHaveLength(1);
  });

  it('are retried only for the devices that did not get them', async () => {
    const devices = [new Device(serviceUrl), new Device(serviceUrl)];
    for (const { subscription } of devices) await subscribe(ada, subscription);
    statuses = [201, 503, 503];
    await follow(bob, ada);
    await eventually(() => received.length >= 4);
    await settled();
    const paths = received.map(({ path }) => path);
    expect(paths.slice(1)).toEqual(Array(3).fill(paths[1]));
    expect(paths[0]).not.toBe(paths[1]);
  });

  it('are not delayed by a device of another user whose push service never responds', async () => {
    const device = new Device(serviceUrl).subscription;
    await subscribe(ada, { ...device, endpoint: `${serviceUrl}/${newId()}/hangs` });
    await subscribe(bob, new Device(serviceUrl).subscription);
    hanging = [];
    const post = await publish(system, ada);
    for (let nr = 0; nr < 8; nr += 1) await comment(system, bob, post.id);
    await notificationsOf(system, ada, 8);
    await eventually(() => hanging.length === 2);
    await follow(ada, bob);
    await eventually(() => received.length === 1);
    for (const response of hanging) response.writeHead(410).end();
    await settled();
  });

  it('wait in quiet hours, and are not sent if the notification was read meanwhile', async () => {
    await subscribe(ada, new Device(serviceUrl).subscription);
    const [from, to] = [-1, 1].map((hours) =>
      new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16),
    );
    const set = (quietHours: object | null) =>
      system.ask('PUT /v1/me/notification-settings', {
        token: ada.token,
        body: { quietHours, digest: 'daily', kinds: {} },
      });
    await set({ from, to });
    await follow(bob, ada);
    const snoozed = await eventually(async () => {
      const rows = await system.sql<{ id: string; seconds: number }>(
        `SELECT d.event_id AS id, extract(epoch FROM due_at - now())::float8 AS seconds
         FROM messaging.event_delivery d JOIN messaging.outbox o USING (event_id)
         WHERE subscriber = 'notifications.send-push' AND d.state = 'pending' AND o.data ->> 'userId' = $1
           AND due_at > now() + interval '1 minute'`,
        [ada.id],
      );
      return rows.length === 1 && rows[0]!;
    });
    expect(snoozed.seconds).toBeGreaterThan(3_400);
    expect(received).toEqual([]);
  });

  it('are not sent to users who do not want them', async () => {
    await subscribe(ada, new Device(serviceUrl).subscription);
    const off = { inApp: true, mail: 'off', push: false, webhook: false };
    await system.ask('PUT /v1/me/notification-settings', {
      token: ada.token,
      body: { quietHours: null, digest: 'daily', kinds: { follow: off } },
    });
    await follow(bob, ada);
    await notificationsOf(system, ada, 1);
    await settled();
    expect(received).toEqual([]);
  });

  it('are not sent if they were turned off after they were due', async () => {
    await subscribe(ada, {
      ...new Device(serviceUrl).subscription,
      endpoint: `${serviceUrl}/${newId()}/hangs`,
    });
    hanging = [];
    await follow(bob, ada);
    await eventually(() => hanging.length === 1);
    const off = { inApp: true, mail: 'off', push: false, webhook: false };
    await system.ask('PUT /v1/me/notification-settings', {
      token: ada.token,
      body: { quietHours: null, digest: 'daily', kinds: { follow: off } },
    });
    hanging[0]!.writeHead(503).end();
    await settled();
    expect(hanging).toHaveLength(1);
  });

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'https://10.0.0.1/x',
    'https://localhost/x',
    'ftp://push.example.com/x',
    'nothing',
  ])('are sent to no device at %s', async (endpoint) => {
    const device = new Device(serviceUrl).subscription;
    const answer = await subscribe(ada, { ...device, endpoint });
    expect(answer).toMatchObject({ status: 422, body: { code: 'notifications.push-endpoint-blocked' } });
  });

  it('are not sent to a device with invalid keys', async () => {
    const keys = { p256dh: 'A'.repeat(87), auth: 'A'.repeat(22) };
    const answer = await subscribe(ada, { endpoint: `${serviceUrl}/x`, keys });
    expect(answer).toMatchObject({ status: 422, body: { code: 'notifications.push-key-invalid' } });
  });

  it('reach the ten latest devices, and a shared device only for its last owner', async () => {
    const devices = Array.from({ length: 11 }, () => new Device(serviceUrl));
    for (const { subscription } of devices) await subscribe(ada, subscription);
    expect(await devicesOf(ada)).toHaveLength(10);
    await subscribe(bob, devices[5]!.subscription);
    expect(await devicesOf(ada)).toHaveLength(9);
    const [own] = await devicesOf(bob);
    const remove = (who: Person) =>
      system.ask(`DELETE /v1/me/push-subscriptions/${own!.id}`, { token: who.token });
    expect((await remove(ada)).status).toBe(404);
    expect((await remove(bob)).status).toBe(204);
    expect(await devicesOf(bob)).toEqual([]);
  });
});

/** Checks the VAPID token (RFC 8292). */
function assertSignedBy(publicKey: string, authorization: string, audience: string): void {
  const [, token = '', key] = /^vapid t=([^,]+), k=(.+)$/.exec(authorization) ?? [];
  expect(key).toBe(publicKey);
  const point = Buffer.from(publicKey, 'base64url');
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  };
  const [head = '', payload = '', signature = ''] = token.split('.');
  const signed = verify(
    'sha256',
    Buffer.from(`${head}.${payload}`),
    { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  expect(signed).toBe(true);
  expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ aud: audience });
}
