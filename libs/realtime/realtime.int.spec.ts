import { connect } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { contexts } from '@rookery/contexts';
import { enroll } from '@rookery/contexts/identity/testing';
import { newId } from '@rookery/domain';
import { Sql, Transaction } from '@rookery/persistence';
import { eventually, type Person } from '@rookery/testing';
import { type Connect, HandshakeRefused, TestEventStream, TestSocket } from '@rookery/testing/connected';
import { AUDIENCE, IdentityProvider } from '@rookery/testing/identity-provider';
import { ownSystem } from '@rookery/testing/own-system';
import { decodeJwt } from 'jose';
import { z } from 'zod';
import { defineFrame, Frames, Streams } from '.';
import { Connections } from './connections';
import { RealtimeLimits } from './settings';

const BellRang = defineFrame('suite.bell-rang', z.object({ number: z.int(), text: z.string() }), {
  summary: 'A bell rang.',
});
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const ORIGIN = 'https://app.example';
const UPGRADE = { connection: 'Upgrade', upgrade: 'websocket' };

describe('Frames', () => {
  let provider: IdentityProvider;
  beforeAll(async () => {
    provider = await IdentityProvider.start();
  });
  const system = ownSystem(contexts, () => ({
    CORS_ORIGINS: ORIGIN,
    OIDC_ISSUERS: JSON.stringify([{ issuer: provider.url, audience: AUDIENCE }]),
    REALTIME_MAX_PER_USER: '5',
    REALTIME_MAX_PER_ADDRESS: '40',
  }));
  afterAll(() => provider.stop());
  const sockets: TestSocket[] = [];
  const streams: TestEventStream[] = [];
  let other: NestFastifyApplication;

  beforeAll(async () => {
    other = await system.startApi();
    await other.listen(0, '127.0.0.1');
  });
  afterEach(() => {
    for (const { socket } of sockets.splice(0)) socket.terminate();
    for (const stream of streams.splice(0)) stream.close();
  });

  const urlOf = async (node: 'first' | 'second') =>
    node === 'first' ? system.addresses.apiUrl : await other.getUrl();
  const open = async (options: Connect, node: 'first' | 'second' = 'first') => {
    const socket = await TestSocket.open(await urlOf(node), options);
    sockets.push(socket);
    return socket;
  };
  /** @returns why a handshake was refused, undefined if it was not; repeats it while the api is busy, as clients do */
  const refusal = async (options: Connect) => {
    const { refused } = await eventually(async () => {
      const error = await open(options).then(
        () => undefined,
        (reason: HandshakeRefused) => reason,
      );
      if (error?.status === 503) throw error;
      return { refused: error };
    });
    return refused;
  };
  const stream = async (options: Connect, node: 'first' | 'second' = 'first') => {
    const opened = TestEventStream.open(await urlOf(node), options);
    streams.push(opened);
    await opened.ready();
    return opened;
  };
  /** @returns the answer to a handshake with other headers than a client of ours would send */
  const handshake = (token: string, changes: Record<string, string>): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = {
        Host: 'x',
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
        Authorization: `Bearer ${token}`,
        ...changes,
      };
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
      const socket = connect(Number(new URL(system.addresses.apiUrl).port), '127.0.0.1');
      let answer = '';
      socket.on('data', (data) => (answer += data.toString()));
      socket.on('end', () => resolve(answer));
      socket.on('error', reject);
      socket.write(`GET /v1/ws HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    });
  const bearing = ({ token }: Person) => ({ authorization: `Bearer ${token}` });
  const head = (route: string, headers: Record<string, string>) =>
    [`${route} HTTP/1.1`, 'host: x', ...Object.entries(headers).map((each) => each.join(': ')), '\r\n'].join(
      '\r\n',
    );
  /** Sends one or two requests over one connection, in one packet. */
  const talk = (...asked: [string, Record<string, string>, string?, Record<string, string>?]) => {
    const [first, headers, second, others] = asked;
    const { port } = new URL(system.addresses.apiUrl);
    const socket = connect(Number(port), '127.0.0.1');
    const talking = Object.assign(socket, {
      answer: '',
      ended: new Promise<void>((resolve) => socket.on('close', () => resolve())),
    });
    socket.on('error', () => undefined); // it closes then
    socket.on('data', (data) => (talking.answer += data.toString()));
    socket.write(head(first, headers) + (second === undefined ? '' : head(second, others!)));
    return talking;
  };
  /** @returns an API key of whoever the token belongs to */
  const createKey = async (token: string, scopes: string[]): Promise<string> =>
    (await system.ask('POST /v1/me/api-keys', { token, body: { name: 'a program', scopes } })).body.key;
  /** Rings as a subscriber does, in the worker. */
  const ring = (userIds: string[], number: number, text = '') =>
    system.inWorker(Transaction).run(() => system.inWorker(Frames).send(BellRang, userIds, { number, text }));
  const numbersOf = ({ frames }: { frames: { payload: Record<string, unknown>; type: string }[] }) =>
    frames.filter(({ type }) => type === BellRang.type).map(({ payload }) => payload.number);
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

  describe('over a connection', () => {
    it('begin with ready, and arrive once, in order and as they were sent, on every node', async () => {
      const [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
      const first = await open({ token: ada.token });
      const second = await open({ token: ada.token }, 'second');
      const events = await stream({ token: ada.token }, 'second');
      const bobs = await open({ token: bob.token });
      const opened = [first, second, events, bobs];
      for (const each of opened) expect((await each.ready()).payload).toEqual({ resumed: false });
      for (const number of upTo(20)) await ring([ada.id], number, 'ding "dong" \u2028');
      for (const each of opened.slice(0, 3))
        await eventually(() => expect(numbersOf(each)).toEqual(upTo(20)));
      await ring([bob.id], 1);
      await eventually(() => expect(numbersOf(bobs)).toEqual([1]));
      expect(first.of()[0]).toEqual({
        id: expect.stringMatching(UUID_V7),
        type: 'suite.bell-rang',
        occurredAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        payload: { number: 1, text: 'ding "dong" \u2028' },
      });
      expect(new Set(first.frames.map(({ id }) => id)).size).toBe(21);
      expect(events.of()).toEqual(first.of());
      const { id, type } = events.of()[0]!;
      expect(events.text).toContain(`id: ${id}\nevent: ${type}\ndata: {"id":"${id}",`);
      expect(events.headers).toMatchObject({
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'private, no-store',
      });
    });

    it('need one read for all sockets of a user on a node, and one for many users at once', async () => {
      const people = await Promise.all(upTo(8).map(() => enroll(system)));
      const opened = await Promise.all(
        people.flatMap(({ token }) => [open({ token }), open({ token }), open({ token })]),
      );
      for (const each of opened) await each.ready();
      const reads = jest.spyOn(Sql.prototype, 'rows');
      const count = () => reads.mock.calls.filter(([text]) => text.includes('FROM realtime.frames')).length;
      await ring([people[0]!.id], 1);
      await eventually(() => opened.slice(0, 3).every((each) => numbersOf(each).length === 1));
      expect(count()).toBe(1);
      reads.mockClear();
      await ring(
        people.map(({ id }) => id),
        2,
      );
      await eventually(() => opened.every((each) => numbersOf(each).at(-1) === 2));
      // The hints of one frame arrive in one or two packets.
      expect(count()).toBeLessThanOrEqual(3);
      reads.mockRestore();
    });

    it('start with the missed ones for a client that resumes, on any node', async () => {
      const ada = await enroll(system);
      const socket = await open({ token: ada.token });
      const { id: before } = await socket.ready();
      await socket.close();
      for (const number of upTo(80)) await ring([ada.id], number);
      const resumed = await open({ token: ada.token, lastEventId: before }, 'second');
      expect((await resumed.ready()).payload).toEqual({ resumed: true });
      await eventually(() => expect(numbersOf(resumed)).toEqual(upTo(80)));
      const last = resumed.of().at(-1)!.id;
      const events = await stream({ token: ada.token, lastEventId: resumed.of()[77]!.id });
      await ring([ada.id], 81);
      await eventually(() => expect(numbersOf(events)).toEqual([79, 80, 81]));
      await eventually(() => expect(numbersOf(resumed)).toEqual(upTo(81)));
      const again = await open({ token: ada.token, lastEventId: last });
      await eventually(() => expect(numbersOf(again)).toEqual([81]));
    });

    it('are resumed from a message too, for a client that has connected already', async () => {
      const ada = await enroll(system);
      const socket = await open({ token: ada.token });
      const { id } = await socket.ready();
      await ring([ada.id], 1);
      await eventually(() => expect(numbersOf(socket)).toEqual([1]));
      socket.send({ type: 'resume', lastEventId: id });
      await eventually(() => expect(numbersOf(socket)).toEqual([1, 1]));
      expect(socket.of('ready').map(({ payload }) => payload.resumed)).toEqual([false, true]);
      await ring([ada.id], 2);
      await eventually(() => expect(numbersOf(socket)).toEqual([1, 1, 2]));
    });

    it('report possibly missing frames after an id that is too old, foreign or invalid', async () => {
      const [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
      const socket = await open({ token: ada.token });
      await socket.ready();
      for (const number of upTo(3)) await ring([ada.id, bob.id], number);
      await eventually(() => expect(numbersOf(socket)).toEqual(upTo(3)));
      const bobs = await open({ token: bob.token });
      const old = socket.of()[0]!.id;
      await system.sql('DELETE FROM realtime.frames WHERE user_id = $1 AND seq <= 2', [ada.id]);
      const future = socket.of()[2]!.id.replace(/.{12}$/, 'ffffffffffff');
      for (const lastEventId of [old, future, (await bobs.ready()).id, newId(), '42']) {
        const again = await open({ token: ada.token, lastEventId });
        expect((await again.ready()).payload).toEqual({ resumed: false });
        await again.close();
      }
      // Nothing is missing as long as nothing came: the last frame itself may be gone.
      const last = socket.of()[2]!.id;
      await system.sql('DELETE FROM realtime.frames WHERE user_id = $1', [ada.id]);
      const resumed = await open({ token: ada.token, lastEventId: last });
      expect((await resumed.ready()).payload).toEqual({ resumed: true });
      await ring([ada.id], 4);
      await eventually(() => expect(numbersOf(resumed)).toEqual([4]));
    });

    it('can be followed filtered, by other routes', async () => {
      const ada = await enroll(system);
      const stop = new AbortController();
      const followed: unknown[] = [];
      const following = (async () => {
        const frames = system.inApi(Streams).follow(
          ada.id,
          {
            types: [BellRang.type],
            where: ({ payload }) => (payload as { number: number }).number % 2 === 0,
            ready: true,
          },
          stop.signal,
        );
        for await (const { payload } of frames) followed.push(payload);
      })();
      await eventually(() => expect(followed).toEqual([{ resumed: false }]));
      for (const number of upTo(5)) await ring([ada.id], number);
      await eventually(() => expect(followed).toHaveLength(3));
      stop.abort();
      await following;
      expect(followed.slice(1)).toEqual([
        { number: 2, text: '' },
        { number: 4, text: '' },
      ]);
    });
  });

  describe('are refused before the upgrade', () => {
    it('to whoever has no valid token, with 401', async () => {
      for (const options of [
        {},
        { token: 'forged' },
        { protocols: ['rookery.v1', 'bearer.forged'] },
        { protocols: ['rookery.v1'] },
      ]) {
        const refused = await refusal(options);
        expect(refused).toMatchObject({
          status: 401,
          body: { code: 'auth.unauthenticated', instance: '/v1/ws' },
          headers: { 'content-type': 'application/problem+json', connection: 'close' },
        });
      }
    });

    it('to a token in the URL, to two tokens, and to pages of other origins', async () => {
      const { token } = await enroll(system);
      const browser = ['rookery.v1', `bearer.${token}`];
      expect(
        await refusal({ protocols: browser, headers: { origin: 'https://evil.example' } }),
      ).toMatchObject({
        status: 403,
        body: { code: 'auth.forbidden' },
      });
      expect(await refusal({ token, protocols: browser })).toMatchObject({ status: 400 });
      expect(await refusal({ token, protocols: [`bearer.${token}`] })).toMatchObject({ status: 400 });
      const inUrl = await system.ask(`GET /v1/ws?access_token=${token}`);
      expect(inUrl.status).toBe(401);
      expect(await refusal({ token, lastEventId: 'x'.repeat(65) })).toMatchObject({ status: 400 });
    });

    it('to requests that are no WebSocket handshakes, with 426', async () => {
      const { token } = await enroll(system);
      const plain = await system.ask('GET /v1/ws', { token });
      expect(plain).toMatchObject({
        status: 426,
        headers: { upgrade: 'websocket', 'sec-websocket-version': '13' },
        body: { code: 'realtime.upgrade-required' },
      });
      const upgraded = await system.ask('GET /v1/me', {
        token,
        headers: { connection: 'Upgrade', upgrade: 'h2c' },
      });
      expect(upgraded.status).toBe(200);
      expect(await handshake(token, { 'Sec-WebSocket-Version': '8' })).toContain('HTTP/1.1 426');
    });

    it('for a browser, whose token is in a subprotocol and never in a response', async () => {
      const { token } = await enroll(system);
      const socket = await open({
        protocols: ['rookery.v1', `bearer.${token}`],
        headers: { origin: ORIGIN },
      });
      await socket.ready();
      expect(socket.socket.protocol).toBe('rookery.v1');
      expect(socket.socket.extensions).toBe(''); // no compression: it makes bombs possible
      expect(system.logged.join('')).not.toContain(token);
    });

    it('to an API key that may not read', async () => {
      const { token } = await enroll(system);
      const key = await createKey(token, ['write']);
      expect(await refusal({ token: key })).toMatchObject({ status: 403, body: { code: 'auth.forbidden' } });
      expect((await system.ask('GET /v1/events', { token: key })).status).toBe(403);
    });

    it('beyond the limit of connections per user or address, until one is closed', async () => {
      const ada = await enroll(system);
      // Those of the tests before hold a place of their address until the server has heard that they are closed.
      const connections = system.inApi(Connections);
      await eventually(() => connections.count('websocket') + connections.count('sse') === 0);
      const tries = await Promise.all(upTo(8).map(() => refusal({ token: ada.token })));
      const refused = tries.filter((each) => each !== undefined);
      expect(refused).toHaveLength(3);
      expect(refused[0]).toMatchObject({
        status: 429,
        headers: { 'retry-after': '30' },
        body: { code: 'realtime.too-many-connections' },
      });
      expect((await system.ask('GET /v1/events', { token: ada.token })).status).toBe(429);
      await sockets[0]!.close();
      await eventually(async () => expect(await refusal({ token: ada.token })).toBeUndefined());
      const people = await Promise.all(upTo(8).map(() => enroll(system)));
      const more = await Promise.all(people.flatMap(({ token }) => upTo(5).map(() => refusal({ token }))));
      expect(more.filter((each) => each === undefined)).toHaveLength(35);
    });

    it('count no failed handshakes', async () => {
      const { token } = await enroll(system);
      for (const _ of upTo(8)) {
        expect(await handshake(token, { 'Sec-WebSocket-Version': '8' })).toContain('HTTP/1.1 426');
        expect(await handshake(token, { 'Sec-WebSocket-Key': 'short' })).toContain('HTTP/1.1 400');
      }
      for (const _ of upTo(5)) await open({ token });
    });

    it('and their connections closed, although clients keep them open', async () => {
      const cutOff = () => system.metric('rookery_realtime_cut_off_total{kind="handshake"}');
      const before = await cutOff();
      const socket = Object.assign(talk('GET /v1/ws', UPGRADE), { allowHalfOpen: true });
      const kept = setInterval(() => socket.write('x'), 50);
      await socket.ended.finally(() => clearInterval(kept));
      expect(socket.answer).toContain('HTTP/1.1 401');
      expect(await cutOff()).toBe(before + 1);
    });
  });

  describe('have a connection of their own', () => {
    const count = () => system.inApi(Connections).count('sse');
    beforeEach(() => eventually(() => count() === 0));

    it('which closes behind a stream', async () => {
      const ada = await enroll(system);
      const socket = talk('GET /v1/events', bearing(ada));
      await eventually(() => expect(socket.answer).toContain('event: ready'));
      expect(socket.answer).toMatch(/\r\nconnection: close\r\n/i);
      await system.ask('POST /v1/auth/logout-all', { token: ada.token });
      await socket.ended;
      expect(socket.answer).toContain('event: error');
    });

    it('which a request behind a stream ends', async () => {
      const ada = await enroll(system);
      const socket = talk('GET /v1/events', bearing(ada));
      await eventually(() => expect(socket.answer).toContain('event: ready'));
      expect(count()).toBe(1);
      socket.write(head('GET /livez', {}));
      await socket.ended;
      await eventually(() => count() === 0);
    });

    it('which carries the next request after a stream that was refused', async () => {
      const socket = talk('GET /v1/ws', bearing(await enroll(system)));
      await eventually(() => expect(socket.answer).toContain('HTTP/1.1 426'));
      socket.write(head('GET /livez', {}));
      await eventually(() => expect(socket.answer).toContain('HTTP/1.1 200'));
      socket.destroy();
    });

    it.each([
      ['a stream behind a stream', 'GET /v1/events', 'GET /v1/events', {}],
      ['a handshake behind a stream', 'GET /v1/events', 'GET /v1/ws', UPGRADE],
      ['a handshake behind a request', 'GET /v1/me', 'GET /v1/ws', UPGRADE],
    ])('which %s ends, in one packet', async (_, first, second, headers) => {
      const ada = bearing(await enroll(system));
      const socket = talk(first, ada, second, { ...ada, ...headers });
      await socket.ended;
      await eventually(() => count() === 0);
      expect((await system.ask('GET /livez')).status).toBe(200);
    });
  });

  describe('reach', () => {
    it('whoever connects with an API key, until it is revoked', async () => {
      const ada = await enroll(system);
      const key = await createKey(ada.token, ['read']);
      const [socket, events] = [await open({ token: key }), await stream({ token: key }, 'second')];
      const own = await open({ token: ada.token });
      await Promise.all([socket.ready(), own.ready()]);
      await ring([ada.id], 1);
      for (const each of [socket, events, own]) await eventually(() => expect(numbersOf(each)).toEqual([1]));
      const { body } = await system.ask('GET /v1/me/api-keys', { token: ada.token });
      await system.ask(`DELETE /v1/me/api-keys/${body.data[0].id}`, { token: ada.token });
      expect(await socket.closed).toEqual({ code: 4401, reason: 'access revoked' });
      await eventually(() => events.isClosed);
      await ring([ada.id], 2);
      await eventually(() => expect(numbersOf(own)).toEqual([1, 2]));
      expect(numbersOf(socket)).toEqual([1]);
    });

    it('whoever connects with the token of another issuer, until it expires or the account ends', async () => {
      const lasting = (await provider.signIn('ada', { preferred_username: 'ada' })).accessToken;
      const { id } = (await system.ask('GET /v1/me', { token: lasting })).body;
      // Clocks of issuers may differ by thirty seconds; ten of them are left.
      const exp = Math.floor(Date.now() / 1_000) - 20;
      const short = await provider.forge({ sub: 'ada', exp });
      const [passing, socket] = [
        await open({ token: short }),
        await open({ protocols: ['rookery.v1', `bearer.${lasting}`], headers: { origin: ORIGIN } }, 'second'),
      ];
      await Promise.all([passing.ready(), socket.ready()]);
      await ring([id], 1);
      for (const each of [passing, socket]) await eventually(() => expect(numbersOf(each)).toEqual([1]));
      expect(await passing.closed).toEqual({ code: 4401, reason: 'token expired' });
      expect(socket.isClosed).toBe(false);
      await system.sql(`UPDATE identity.users SET status = 'pending' WHERE id = $1`, [id]);
      expect(await socket.closed).toEqual({ code: 4401, reason: 'access revoked' });
    });
  });

  describe('end', () => {
    async function endings(person: Person, act: () => Promise<unknown>, withinMs = 5_000) {
      const socket = await open({ token: person.token });
      const events = await stream({ token: person.token }, 'second');
      await socket.ready();
      await act();
      await eventually(() => socket.isClosed && events.isClosed, withinMs);
      return { ...(await socket.closed), last: socket.frames.at(-1), events: events.frames.at(-1) };
    }
    const error = { type: 'error', payload: { code: 'auth.unauthenticated' } };

    const asked = async (route: string, token: string) =>
      expect((await system.ask(route, { token })).status).toBeLessThan(300);

    it('within five seconds of signing out', async () => {
      const ada = await enroll(system);
      const ended = await endings(ada, () => asked('POST /v1/auth/logout-all', ada.token));
      expect(ended).toMatchObject({ code: 4401, reason: 'access revoked', last: error, events: error });
    });

    it('within five seconds of the end of all sessions, and of the account', async () => {
      const [ada, bob, admin] = await Promise.all([
        enroll(system),
        enroll(system),
        enroll(system, { role: 'admin' }),
      ]);
      const byAdmin = endings(ada, () => asked(`DELETE /v1/admin/users/${ada.id}/sessions`, admin.token));
      const byLeaving = endings(bob, () => asked('DELETE /v1/me', bob.token));
      expect(await byAdmin).toMatchObject({ code: 4401 });
      expect(await byLeaving).toMatchObject({ code: 4401 });
    });

    it('when the token expires', async () => {
      const ada = await enroll(system);
      const claims = { ...decodeJwt(ada.token), exp: Math.floor(Date.now() / 1_000) + 6 };
      const token = await system.fixture<string>('identity.signToken', { claims, typ: 'at+jwt' });
      const ended = await endings({ ...ada, token }, async () => undefined, 30_000);
      expect(ended).toMatchObject({ code: 4401, reason: 'token expired', last: error, events: error });
    });

    it.each<[string, unknown, number, string]>([
      ['that is binary', Buffer.from('{"type":"ping"}'), 1003, 'not a JSON text frame'],
      ['that is not JSON', 'hello', 1003, 'not a JSON text frame'],
      ['that is no object', '[1]', 1003, 'not a JSON text frame'],
      ['of another type', { type: 'subscribe' }, 1008, 'neither ping nor resume'],
      ['with something else', { type: 'ping', more: 1 }, 1008, 'neither ping nor resume'],
      ['to resume without an id', { type: 'resume' }, 1008, 'neither ping nor resume'],
      ['that is too large', 'x'.repeat(513), 1009, ''],
    ])('after a message %s', async (_, message, code, reason) => {
      const { token } = await enroll(system);
      const socket = await open({ token });
      await socket.ready();
      socket.send(message);
      expect(await socket.closed).toEqual({ code, reason });
      expect(socket.frames.at(-1)!.payload.detail).toBe(code === 1009 ? undefined : reason);
    });

    it('for a client that sends pings or resumptions without end, and not for one that pings now and then', async () => {
      const { token } = await enroll(system);
      const [pinging, resuming, calm] = await Promise.all([
        open({ token }),
        open({ token }),
        open({ token }),
      ]);
      for (const each of [pinging, resuming, calm]) await each.ready();
      const { id } = await resuming.ready();
      for (const _ of upTo(200)) {
        pinging.socket.ping();
        resuming.send({ type: 'resume', lastEventId: id });
      }
      for (const _ of upTo(10)) calm.send({ type: 'ping' });
      expect(await pinging.closed).toEqual({ code: 1008, reason: 'too many frames' });
      expect(await resuming.closed).toEqual({ code: 1008, reason: 'too many frames' });
      await eventually(() => expect(calm.of('pong')).toHaveLength(10));
      expect(calm.isClosed).toBe(false);
    });

    it('for a client that does not read, whose frames take no memory, and go on for the others', async () => {
      const limits = system.inApi(RealtimeLimits);
      const normal = structuredClone(limits);
      try {
        const ada = await enroll(system);
        const slow = await open({ token: ada.token });
        const events = await stream({ token: ada.token });
        const quick = await open({ token: ada.token }, 'second');
        await Promise.all([slow.ready(), quick.ready()]);
        const cutOff = (kind: string) => system.metric(`rookery_realtime_cut_off_total{kind="${kind}"}`);
        const before = await Promise.all(['websocket', 'sse'].map(cutOff));
        Object.assign(limits, { writeMs: 300 });
        slow.socket.pause();
        events.pause();
        const text = 'x'.repeat(8_000);
        await eventually(async () => {
          await Promise.all(upTo(20).map((number) => ring([ada.id], number, text)));
          expect(await Promise.all(['websocket', 'sse'].map(cutOff))).toEqual(
            before.map((count) => count + 1),
          );
        });
        slow.socket.resume();
        expect((await slow.closed).code).toBe(1013);
        const [{ count }] = (await system.sql(
          'SELECT seq::int AS count FROM realtime.streams WHERE user_id = $1',
          [ada.id],
        )) as [{ count: number }];
        await eventually(() => expect(quick.of()).toHaveLength(count));
        expect(slow.of().length).toBeLessThan(count);
      } finally {
        Object.assign(limits, normal);
      }
    });

    it('for a client that disappears without closing, which the server detects with pings', async () => {
      const limits = system.inApi(RealtimeLimits);
      const normal = structuredClone(limits);
      try {
        Object.assign(limits, { pingMs: 500, pongMs: 4_000, heartbeatMs: 500 });
        const { token } = await enroll(system);
        const [alive, dead] = await Promise.all([open({ token }), open({ token })]);
        const events = await stream({ token });
        dead.socket.pause();
        await eventually(() => expect(system.inApi(Connections).count('websocket')).toBe(1));
        expect(alive.isClosed).toBe(false);
        await eventually(() => expect(events.text).toContain('\n: still here\n\n'));
      } finally {
        Object.assign(limits, normal);
      }
    });
  });

  describe('while Redis', () => {
    it('is away arrive a little later, and at once when it is back, empty', async () => {
      const ada = await enroll(system);
      const [first, second] = await Promise.all([
        open({ token: ada.token }),
        open({ token: ada.token }, 'second'),
      ]);
      await Promise.all([first.ready(), second.ready()]);
      await system.killRedis();
      await ring([ada.id], 1);
      await eventually(() => expect([...numbersOf(first), ...numbersOf(second)]).toEqual([1, 1]));
      const late = await open({ token: ada.token });
      await late.ready();
      await ring([ada.id], 2);
      await eventually(() => expect(numbersOf(late)).toEqual([2]));
      await system.startRedisEmpty();
      await eventually(async () => {
        const heard = (await system.redis('PUBSUB', 'NUMSUB', `{rookery}:frames:${ada.id}`)) as [
          string,
          number,
        ];
        expect(heard[1]).toBe(2);
      });
      await ring([ada.id], 3);
      for (const each of [first, second]) await eventually(() => expect(numbersOf(each)).toEqual([1, 2, 3]));
      await eventually(() => expect(numbersOf(late)).toEqual([2, 3]));
    });
  });

  it('are described for everybody', async () => {
    for (const _ of ['made', 'kept']) {
      const { status, headers, body } = await system.ask('GET /v1/asyncapi.json');
      expect({ status, cached: headers['cache-control'], version: body.asyncapi }).toEqual({
        status: 200,
        cached: 'public, max-age=300',
        version: '3.0.0',
      });
      expect(body.components.messages['suite.bell-rang'].summary).toBe('A bell rang.');
    }
  });

  it('are counted', async () => {
    const ada = await enroll(system);
    const sent = () => system.metric('rookery_realtime_frames_sent_total{kind="websocket"}');
    const upgrades = () => system.metric('http_requests_total{route="/v1/ws",method="GET",code="101"}');
    const resumes = (outcome: string) =>
      system.metric(`rookery_realtime_resumes_total{outcome="${outcome}"}`);
    const before = [await sent(), await upgrades(), await resumes('resumed'), await resumes('missed')];
    const socket = await open({ token: ada.token });
    const { id } = await socket.ready();
    await ring([ada.id], 1);
    await eventually(() => expect(numbersOf(socket)).toEqual([1]));
    await (await open({ token: ada.token, lastEventId: id })).ready();
    await (await open({ token: ada.token, lastEventId: newId() })).ready();
    await eventually(async () =>
      expect([await sent(), await upgrades(), await resumes('resumed'), await resumes('missed')]).toEqual([
        before[0]! + 5,
        before[1]! + 3,
        before[2]! + 1,
        before[3]! + 1,
      ]),
    );
  });

  // After those that are counted: nobody reads these streams to `ready`, so their resumes are counted late or never.
  it('are streamed after any id without an error, or refused', async () => {
    const { token } = await enroll(system);
    for (const id of [
      '',
      '%00',
      '%ED%A0%80',
      '-',
      '9'.repeat(64),
      '9'.repeat(65),
      '__proto__',
      '%F0%9F%8D%81',
    ]) {
      const { status } = await system.ask(`GET /v1/events?lastEventId=${id}`, { token, from: '10.0.0.1' });
      expect([200, 400, 429]).toContain(status);
    }
  });

  // Last, since passport authenticates with the latest api of the process.
  it('end when the process does, which tells clients to come back, spread over time', async () => {
    const leaving = await system.startApi();
    await leaving.listen(0, '127.0.0.1');
    const url = await leaving.getUrl();
    const { token } = await enroll(system);
    const opened: TestSocket[] = [];
    for (const _ of upTo(4)) opened.push(await TestSocket.open(url, { token }));
    const events = TestEventStream.open(url, { token });
    await Promise.all([events.ready(), ...opened.map((each) => each.ready())]);
    await leaving.close();
    const closed = await Promise.all(opened.map((each) => each.closed));
    expect(closed.map(({ code }) => code)).toEqual(opened.map(() => 1012));
    const delays = closed.map(({ reason }) => Number(/^restart; retry-after-ms=(\d+)$/.exec(reason)![1]));
    expect(new Set(delays).size).toBeGreaterThan(1);
    await eventually(() => events.isClosed);
    expect(events.text).toMatch(/retry: 3000\n\n[^]*retry: \d+\n\n$/);
  });
});
