import { randomUUID } from 'node:crypto';
import { Body, Controller, HttpException, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Commands, PruneIdempotencyKeys } from '@rookery/application';
import { Schedules } from '@rookery/messaging';
import { Audited } from '@rookery/audit';
import { contexts } from '@rookery/contexts';
import { defineRejection, newId, Rejection } from '@rookery/domain';
import { Sql, Transaction } from '@rookery/persistence';
import { PASSWORD, signUp } from '@rookery/contexts/identity/testing';
import { eventually, type Person, resolveParts } from '@rookery/testing';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import type { FastifyReply } from 'fastify';
import { Explain, Field, Item, NeverStored, Public, RequestRefused, UuidParam, Versioned } from '..';
import { Problems } from '../problems';

const Refused = defineRejection('test.refused', 'invalid', 'No.', 'Do something else.');

class ThingQuery {
  @Field.boolean({ optional: true, description: 'Whether to try only.' }) dryRun?: boolean;
  @Field.list(Item.text({ max: 5 }), { max: 3, optional: true, description: 'How.' }) tag?: string[];
}

class Thing {
  @Field.text({ max: 50, description: 'What.' }) text: string;
}

/** A gate where a request blocks until the test releases it. */
class Gate {
  reached = 0;
  private waiting: (() => void)[] = [];

  async pass(): Promise<void> {
    this.reached += 1;
    await new Promise<void>((go) => this.waiting.push(go));
  }

  open(): void {
    for (const go of this.waiting.splice(0)) go();
  }
}

const gate = new Gate();
let failures = 0;

@Audited('things.make-thing')
class MakeThing extends Command<{ id: string; text: string; version: number; at: Date }> {
  constructor(readonly text: string) {
    super();
  }
}

@CommandHandler(MakeThing)
class MakeThingHandler implements ICommandHandler<MakeThing> {
  constructor(private readonly sql: Sql) {}

  async execute({ text }: MakeThing) {
    const id = newId();
    await this.sql.execute('INSERT INTO platform.test_things (id, text) VALUES ($1, $2)', [id, text]);
    if (text.startsWith('reject')) throw new Rejection(Refused);
    return { id, text, version: 7, at: new Date() };
  }
}

@ApiTags('things')
@Controller('things')
class ThingRoutes {
  constructor(private readonly commands: Commands) {}

  @Post()
  @Versioned()
  @Explain({ operationId: 'testMake', summary: 'Make', ok: { status: 201 } })
  async make(@Body() { text }: Thing, @Res({ passthrough: true }) reply: FastifyReply): Promise<object> {
    if (text.startsWith('wait before')) await gate.pass();
    const { at, ...thing } = await this.commands.execute(new MakeThing(text));
    if (text.startsWith('wait after')) await gate.pass();
    if (text.startsWith('fail once') && (failures += 1) === 1) throw new Error('after the commit');
    if (text.startsWith('status ')) throw new HttpException('', Number(text.slice(7)));
    if (text.startsWith('forbidden')) throw new RequestRefused(Problems.forbidden);
    void reply.header('location', `/v1/things/${thing.id}`);
    return { ...thing, at: at.toISOString(), nested: { ünï: [1, 2.5, null, true] } };
  }

  @Post('open')
  @Public()
  @Explain({ operationId: 'testMakeOpenly', summary: 'Make', ok: { status: 204 } })
  async makeOpenly(@Body() { text }: Thing, @Query() { dryRun }: ThingQuery): Promise<void> {
    if (!dryRun) await this.commands.execute(new MakeThing(text));
  }

  @Post('secret')
  @NeverStored()
  @Explain({ operationId: 'testMakeSecretly', summary: 'Make' })
  async makeSecretly(@Body() { text }: Thing): Promise<object> {
    if (text.startsWith('wait before')) await gate.pass();
    return this.commands.execute(new MakeThing(text));
  }

  @Patch(':id')
  @Explain({ operationId: 'testMend', summary: 'Mend' })
  async fix(@UuidParam() _id: string, @Body() { text }: Thing): Promise<object> {
    return this.commands.execute(new MakeThing(text));
  }
}

interface Sent {
  key?: string;
  who?: Person | undefined;
  body?: unknown;
  api?: NestFastifyApplication;
  address?: string;
}

describe('an Idempotency-Key', () => {
  let other: NestFastifyApplication;
  let ada: Person;
  let bob: Person;

  const things = contextOf('things', { controllers: [ThingRoutes], handlers: [MakeThingHandler] });
  const system = ownSystem([...contexts, things]);
  beforeAll(async () => {
    await system.sql('CREATE TABLE platform.test_things (id uuid PRIMARY KEY, text text NOT NULL)');
    other = await system.startApi();
    [ada, bob] = await Promise.all([signUp(system), signUp(system)]);
  });

  function send(route: string, { key, who, body, api = system.api, address = '127.0.0.1' }: Sent) {
    const [method, url] = route.split(' ') as ['POST', string];
    return api
      .inject({
        method,
        url,
        remoteAddress: address,
        payload: body as object,
        headers: {
          ...(key !== undefined && { 'idempotency-key': key }),
          ...(who && { authorization: `Bearer ${who.token}` }),
        },
      })
      .then((answer) => answer);
  }

  const make = (text: string, key: string, more: Sent = {}) =>
    send('POST /v1/things', { who: ada, body: { text }, key, ...more });

  async function made(text: string): Promise<number> {
    const [row] = await system.sql<{ n: number }>(
      'SELECT count(*)::int AS n FROM platform.test_things WHERE text = $1',
      [text],
    );
    return row!.n;
  }

  /** Simulates that the process with the claims on the key died a minute ago. */
  const endLease = (key: string) =>
    system.sql(`UPDATE platform.idempotency_keys SET leased_until = now() WHERE key = $1`, [key]);

  /** Sends a request that blocks at the gate; in an array, so that it is not awaited yet. */
  async function standing<T>(ask: () => Promise<T>): Promise<[Promise<T>]> {
    const before = gate.reached;
    const sent = ask();
    await eventually(() => gate.reached > before);
    return [sent];
  }

  it('gives 60 concurrent duplicates in two processes one effect and one response, 50 times', async () => {
    const seen = new Set<number>();
    for (let round = 0; round < 50; round += 1) {
      const key = randomUUID();
      const text = `round ${round}`;
      let unserved = 0;
      // Like a client: 503 means that the request may be retried.
      const served = (api: typeof other) =>
        eventually(async () => {
          const answer = await make(text, key, { api });
          unserved += Number(answer.statusCode === 503);
          return answer.statusCode !== 503 && answer;
        });
      const answers = await Promise.all(
        Array.from({ length: 60 }, (_, index) => served(index % 2 ? system.api : other)),
      );
      const replayed = await served(system.api);
      const bodies = answers.flatMap(({ statusCode, body }) => (statusCode === 201 ? [body] : []));
      for (const { statusCode } of answers) seen.add(statusCode);
      expect(bodies.length).toBeGreaterThan(0);
      expect(new Set([...bodies, replayed.body]).size).toBe(1);
      const first = answers.filter(
        ({ statusCode, headers }) => statusCode === 201 && !headers['idempotency-replayed'],
      );
      // The request with the effect may be the one that was not completed.
      expect(first.length === 1 || (first.length === 0 && unserved > 0)).toBe(true);
      expect(await made(text)).toBe(1);
    }
    expect(seen).toEqual(new Set([201, 409]));
  }, 600_000);

  it('replays the first response, byte for byte and with its headers', async () => {
    const first = await make('again', 'again');
    const second = await make('again', 'again', { api: other });
    expect(second.rawPayload.equals(first.rawPayload)).toBe(true);
    expect(second.statusCode).toBe(201);
    for (const name of ['location', 'etag', 'content-type', 'content-length']) {
      expect(first.headers[name]).toBeDefined();
      expect([name, second.headers[name]]).toEqual([name, first.headers[name]]);
    }
    expect([first.headers['idempotency-replayed'], second.headers['idempotency-replayed']]).toEqual([
      undefined,
      'true',
    ]);
    expect(second.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
  });

  it('also replays an empty response and a domain rejection', async () => {
    const open = { key: 'empty', body: { text: 'empty' } };
    const [empty, again] = [
      await send('POST /v1/things/open', open),
      await send('POST /v1/things/open', open),
    ];
    expect([empty.statusCode, again.statusCode, again.body]).toEqual([204, 204, '']);
    expect(again.headers['idempotency-replayed']).toBe('true');
    const refused = await make('reject', 'refused');
    const refusedAgain = await make('reject', 'refused');
    expect(refused.json()).toMatchObject({ status: 422, code: 'test.refused' });
    expect([refusedAgain.body, refusedAgain.headers['content-type']]).toEqual([
      refused.body,
      'application/problem+json',
    ]);
    expect([await made('empty'), await made('reject')]).toEqual([1, 0]);
  });

  it('compares bodies by meaning', async () => {
    const patch = (payload: string) =>
      system.api.inject({
        method: 'PATCH',
        url: `/v1/things/${ada.id}`,
        payload,
        headers: {
          'idempotency-key': 'meaning',
          'content-type': 'application/json',
          authorization: `Bearer ${ada.token}`,
        },
      });
    expect((await patch('{"text":"same"}')).statusCode).toBe(200);
    expect((await patch(' { "text" : "s\\u0061me" } ')).headers['idempotency-replayed']).toBe('true');
    expect((await patch('{"text":"other"}')).json()).toMatchObject({
      status: 422,
      code: 'idempotency.key-reused',
    });
    expect([await made('same'), await made('other')]).toEqual([1, 0]);
  });

  it('belongs to one query, whatever the order of its parameters', async () => {
    const open = (query: string) =>
      send(`POST /v1/things/open${query}`, { key: 'query', body: { text: 'query' } });
    expect((await open('?dryRun=false&tag=a&tag=b')).statusCode).toBe(204);
    expect((await open('?tag=%61&tag=b&dryRun=false')).headers['idempotency-replayed']).toBe('true');
    for (const query of ['', '?', '?dryRun=true&tag=a&tag=b', '?dryRun=false&tag=b&tag=a'])
      expect([query, (await open(query)).json()]).toMatchObject([
        query,
        { status: 422, code: 'idempotency.key-reused' },
      ]);
    expect(await made('query')).toBe(1);
  });

  it('is refused with 409 while its first request runs, and with 422 for another body', async () => {
    const [first] = await standing(() => make('wait before', 'running'));
    const second = await make('wait before', 'running', { api: other });
    expect(second.json()).toMatchObject({ status: 409, code: 'idempotency.in-progress' });
    expect(second.headers['retry-after']).toBe('1');
    expect((await make('something else', 'running')).json()).toMatchObject({
      code: 'idempotency.key-reused',
    });
    gate.open();
    expect((await first).statusCode).toBe(201);
    expect((await make('wait before', 'running')).headers['idempotency-replayed']).toBe('true');
  });

  it('belongs to one caller, one method and one path', async () => {
    const key = 'mine';
    const texts = [
      await make('scoped', key),
      await make('scoped', key, { who: bob }),
      await send('POST /v1/things/open', { key, body: { text: 'scoped' } }),
      await send('POST /v1/things/open', { key, body: { text: 'scoped' }, address: '203.0.113.9' }),
      await send(`PATCH /v1/things/${ada.id}`, { key, who: ada, body: { text: 'scoped' } }),
      await send(`PATCH /v1/things/${bob.id}`, { key, who: ada, body: { text: 'scoped' } }),
    ];
    expect(texts.map(({ headers }) => headers['idempotency-replayed'])).toEqual(texts.map(() => undefined));
    expect(await made('scoped')).toBe(6);
  });

  it.each(['', ' ', 'x'.repeat(256)])('of %j is refused', async (key) => {
    const answer = await make('bad key', key);
    expect(answer.json()).toMatchObject({
      status: 400,
      code: 'request.invalid',
      errors: [{ path: 'Idempotency-Key' }],
    });
    expect(await made('bad key')).toBe(0);
  });

  it('may have 255 characters', async () => {
    expect((await make('long key', 'x'.repeat(255))).statusCode).toBe(201);
    expect((await make('long key', 'x'.repeat(255))).headers['idempotency-replayed']).toBe('true');
  });

  it.each([500, 503, 429, 401])('is free again after a %i', async (status) => {
    const sent = [
      await make(`status ${status}`, `status ${status}`),
      await make(`status ${status}`, `status ${status}`),
    ];
    expect(sent.map(({ statusCode, headers }) => [statusCode, headers['idempotency-replayed']])).toEqual([
      [status, undefined],
      [status, undefined],
    ]);
  });

  it('claims nothing for a refused request, and may be used again with a corrected body', async () => {
    expect((await make('later', 'corrected', { who: undefined })).statusCode).toBe(401);
    expect((await make('later', 'corrected', { body: { txet: 'later' } })).statusCode).toBe(400);
    expect((await make('later', 'corrected')).statusCode).toBe(201);
  });

  it('keeps the effect of a command if the response failed afterwards: done once, returned the next time', async () => {
    failures = 0;
    expect((await make('fail once', 'fails')).statusCode).toBe(500);
    const second = await make('fail once', 'fails');
    expect([second.statusCode, second.headers['idempotency-replayed']]).toEqual([201, undefined]);
    expect((await make('fail once', 'fails')).body).toBe(second.body);
    expect(await made('fail once')).toBe(1);
  });

  it('is taken over a minute after its process died between commit and answer, and nothing is done twice', async () => {
    const [lost] = await standing(() => make('wait after', 'taken'));
    expect((await make('wait after', 'taken', { api: other })).statusCode).toBe(409);
    await endLease('taken');
    const [taking] = await standing(() => make('wait after', 'taken', { api: other }));
    gate.open();
    const [first, second] = await Promise.all([lost, taking]);
    expect(second.statusCode).toBe(201);
    expect(second.json()).toEqual(first.json());
    expect((await make('wait after', 'taken')).body).toBe(second.body);
    expect(await made('wait after')).toBe(1);
  });

  it('lets a paused process change nothing after a takeover', async () => {
    const [asleep] = await standing(() => make('wait before it', 'slept'));
    await endLease('slept');
    const [taking] = await standing(() => make('wait before it', 'slept', { api: other }));
    gate.open();
    const statuses = (await Promise.all([asleep, taking])).map(({ statusCode }) => statusCode);
    expect(statuses).toEqual([409, 201]);
    expect(await made('wait before it')).toBe(1);
    expect((await make('wait before it', 'slept')).headers['idempotency-replayed']).toBe('true');
  });

  it('has a lease of a minute and lasts for a day; then it is removed and may be used again', async () => {
    const first = await make('a day', 'day');
    const [left] = await system.sql<{ lease: number; day: number }>(
      `SELECT extract(epoch FROM leased_until - now())::float8 AS lease, extract(epoch FROM expires_at - now())::float8 AS day
       FROM platform.idempotency_keys WHERE key = 'day'`,
    );
    expect([Math.ceil(left!.lease / 60), Math.ceil(left!.day / 3_600)]).toEqual([1, 24]);
    await system.sql(`UPDATE platform.idempotency_keys SET expires_at = now() WHERE key = 'day'`);
    const second = await make('another day', 'day');
    expect([second.statusCode, second.headers['idempotency-replayed']]).toEqual([201, undefined]);
    expect(second.body).not.toBe(first.body);
    expect((await make('another day', 'day')).body).toBe(second.body);

    await system.sql(`UPDATE platform.idempotency_keys SET expires_at = now() WHERE key = 'day'`);
    await system.inWorker(Transaction).run(() => system.inWorker(PruneIdempotencyKeys).run());
    // The schedule itself may have been at it, and commit in a moment.
    await eventually(async () =>
      expect(await system.sql(`SELECT 1 FROM platform.idempotency_keys WHERE key = 'day'`)).toEqual([]),
    );
    expect((await system.sql(`SELECT 1 FROM platform.idempotency_keys`)).length).toBeGreaterThan(0);
    expect(system.inWorker(Schedules).all()).toContain('platform.prune-idempotency-keys');
  });

  it('keeps answers and results encrypted', async () => {
    await make('plain as day', 'sealed');
    const [row] = await system.sql<{ text: string; answer: Buffer }>(
      `SELECT to_jsonb(k)::text AS text, answer FROM platform.idempotency_keys k WHERE key = 'sealed'`,
    );
    const held = [
      row!.text,
      row!.answer.toString('latin1'),
      ...(row!.text.match(/[A-Za-z0-9+/]{24,}={0,2}/g) ?? []).map((part) =>
        Buffer.from(part, 'base64').toString('latin1'),
      ),
    ];
    expect(held.length).toBeGreaterThan(2);
    for (const text of held) expect(text).not.toContain('plain as day');
  });

  it('does not decrypt a response under another key', async () => {
    await make('moved', 'moved from');
    await make('moved', 'moved to');
    await system.sql(
      `UPDATE platform.idempotency_keys SET answer = (SELECT answer FROM platform.idempotency_keys WHERE key = 'moved from') WHERE key = 'moved to'`,
    );
    expect((await make('moved', 'moved to')).statusCode).toBe(500);
  });

  describe('on a route whose answer holds a secret', () => {
    it('prevents two from running at once, and leaves nothing behind', async () => {
      const secretly = () =>
        send('POST /v1/things/secret', { key: 'secret', who: ada, body: { text: 'wait before secret' } });
      const [first] = await standing(secretly);
      expect((await secretly()).statusCode).toBe(409);
      gate.open();
      expect((await first).statusCode).toBe(200);
      expect(await system.sql(`SELECT 1 FROM platform.idempotency_keys WHERE key = 'secret'`)).toHaveLength(
        0,
      );
    });

    it('claims the key on disk before it runs, since its command does not look for the claim', async () => {
      await system.sql(`CREATE TABLE platform.test_commits (key text, kind text)`);
      await system.sql(`CREATE FUNCTION platform.test_note_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO platform.test_commits VALUES (NEW.key, current_setting('synchronous_commit')); RETURN NULL; END $$`);
      await system.sql(`CREATE CONSTRAINT TRIGGER test_commit AFTER INSERT ON platform.idempotency_keys
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION platform.test_note_commit()`);
      await make('on disk later', 'on disk later');
      await send('POST /v1/things/secret', { key: 'on disk', who: ada, body: { text: 'on disk' } });
      await system.sql(`DROP FUNCTION platform.test_note_commit CASCADE`);
      expect(await system.sql('SELECT key, kind FROM platform.test_commits ORDER BY key')).toEqual([
        { key: 'on disk', kind: 'on' },
        { key: 'on disk later', kind: 'off' },
      ]);
    });

    it('signs in again with the same key, and with another password too', async () => {
      const logIn = (password: string) =>
        send('POST /v1/auth/login', { key: 'login', body: { email: ada.email, password } });
      expect((await logIn('not the password')).statusCode).toBe(401);
      const [first, second] = [await logIn(PASSWORD), await logIn(PASSWORD)];
      expect([first.statusCode, second.statusCode, second.headers['idempotency-replayed']]).toEqual([
        200,
        200,
        undefined,
      ]);
      expect(first.json().refreshToken).not.toBe(second.json().refreshToken);
      expect(await system.sql(`SELECT 1 FROM platform.idempotency_keys WHERE key = 'login'`)).toHaveLength(0);
    });

    it('is declared for every response with a field for a secret', async () => {
      const document = resolveParts((await system.ask('GET /v1/openapi.json')).body);
      const SECRET = /^(accessToken|refreshToken|mfaToken|token|secret|provisioningUri|recoveryCodes|key)$/;
      const holdsSecret = (schema: unknown, seen: string[] = []): boolean => {
        if (typeof schema !== 'object' || schema === null) return false;
        const { $ref, properties } = schema as { $ref?: string; properties?: object };
        if ($ref) {
          const name = $ref.split('/').at(-1)!;
          return !seen.includes(name) && holdsSecret(document.components.schemas[name], [...seen, name]);
        }
        if (properties && Object.keys(properties).some((field) => SECRET.test(field))) return true;
        return Object.values(schema).some((inner) => holdsSecret(inner, seen));
      };
      const found: string[] = [];
      const unsafe: string[] = [];
      for (const [path, methods] of Object.entries<Record<string, never>>(document.paths)) {
        for (const method of ['post', 'patch']) {
          const operation = methods[method] as
            undefined | { parameters: { description?: string }[]; responses: Record<string, object> };
          if (!operation) continue;
          const good = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
          if (!good.some(([, response]) => holdsSecret(response))) continue;
          found.push(path);
          if (!operation.parameters.some(({ description }) => description?.includes('is not stored')))
            unsafe.push(`${method} ${path} needs @NeverStored()`);
        }
      }
      expect(unsafe).toEqual([]);
      expect(found).toContain('/v1/auth/login');
    });
  });
});
