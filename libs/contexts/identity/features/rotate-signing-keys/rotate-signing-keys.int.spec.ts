import { randomBytes } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { contexts } from '@rookery/contexts';
import { Clock } from '@rookery/domain';
import { PASSWORD, signUp } from '@rookery/contexts/identity/testing';
import { eventually, type Person } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { AccessTokens } from '../../services/access-tokens';
import { KeyRotation } from '../../services/key-rotation';
import { SigningKeys } from '../../services/signing-keys';
import { SECONDS_UNTIL_GONE, SECONDS_UNTIL_SIGNING } from '../../model/key-stages';

const DAY = 86_400;

describe('rotating the keys of access tokens', () => {
  const system = ownSystem(contexts);
  let otherApi: NestFastifyApplication;
  let person: Person;
  let rotation: KeyRotation;

  beforeAll(async () => {
    otherApi = await system.startApi();
    person = await signUp(system);
    rotation = system.inWorker(KeyRotation);
    // The worker takes steps by itself once a minute. As soon as it has, its next turn is a day away, so that it takes
    // none between two lines of a test.
    await eventually(async () => {
      const slots = await system.sql(
        `UPDATE messaging.schedule_run SET slot = now() + interval '1 day'
         WHERE name IN ('identity.rotate-signing-keys', 'identity.RotateSigningKeys') RETURNING name`,
      );
      return slots.length === 2;
    });
  });
  beforeEach(async () => {
    await age('retiring', SECONDS_UNTIL_GONE);
    await rotation.retire().catch(() => undefined);
    await system.sql(`DELETE FROM identity.signing_keys WHERE state = 'next'`);
    apis().forEach(readAnew);
  });

  const apis = () => [system.api, otherApi];
  const of = (api: NestFastifyApplication) => api.get(AccessTokens, { strict: false });
  /** Expires a process's cached keys. */
  const readAnew = (api: NestFastifyApplication) => {
    const clock = api.get(Clock, { strict: false });
    const present = clock.now().getTime();
    clock.now = () => new Date(present + 61_000);
  };
  const age = (state: string, seconds: number) =>
    system.sql(
      'UPDATE identity.signing_keys SET state_since = now() - make_interval(secs => $2) WHERE state = $1',
      [state, seconds],
    );
  const states = async () => (await rotation.list()).map(({ state }) => state);
  const signIn = async () =>
    (await system.ask('POST /v1/auth/login', { body: { email: person.email, password: PASSWORD } })).body as {
      accessToken: string;
      refreshToken: string;
    };
  const accepted = async (token: string) => (await system.ask('GET /v1/me', { token })).status === 200;
  const kidOf = (token: string) => decodeProtectedHeader(token).kid;
  const published = async () => (await system.ask('GET /.well-known/jwks.json')).body;

  it('keeps every token valid at two apis with different cached keys, and for clients that have cached the published keys', async () => {
    const before = await signIn();
    await rotation.add();
    apis().forEach(readAnew);
    await of(otherApi).verify(before.accessToken);
    const cached = createLocalJWKSet(await published());
    expect(await states()).toEqual(['next', 'signing']);
    expect(kidOf((await signIn()).accessToken)).toBe(kidOf(before.accessToken));

    await age('next', SECONDS_UNTIL_SIGNING);
    await rotation.promote();
    // One api has read the keys since, the other signs with the previous key for up to a minute.
    readAnew(system.api);
    const byNew = await signIn();
    const { sid } = decodeJwt<{ sid: string }>(byNew.accessToken);
    const session = { id: sid, userId: person.id, authenticatedAt: null, proofVersion: 0 };
    const byOld = await of(otherApi).issue(session);
    expect(kidOf(byNew.accessToken)).not.toBe(kidOf(before.accessToken));
    expect(kidOf(byOld)).toBe(kidOf(before.accessToken));
    for (const token of [before.accessToken, byNew.accessToken, byOld]) {
      for (const api of apis()) expect(await of(api).verify(token)).toMatchObject({ sub: person.id });
      expect(await accepted(token)).toBe(true);
      await jwtVerify(token, cached);
    }

    await age('retiring', SECONDS_UNTIL_GONE);
    await rotation.retire();
    apis().forEach(readAnew);
    expect(await states()).toEqual(['signing']);
    expect(await accepted(byNew.accessToken)).toBe(true);
    const refreshed = await system.ask('POST /v1/auth/refresh', {
      body: { refreshToken: before.refreshToken },
    });
    expect(await accepted(refreshed.body.accessToken)).toBe(true);
  });

  it('lets an api verify with an unknown key at once, by reading the keys again', async () => {
    await of(otherApi).verify((await signIn()).accessToken);
    const clock = otherApi.get(Clock, { strict: false });
    const present = clock.now().getTime();
    await rotation.add();
    await rotation.promote({ force: true });
    readAnew(system.api);
    clock.now = () => new Date(present + 6_000);
    const { accessToken } = await signIn();
    expect(await of(otherApi).verify(accessToken)).toMatchObject({ sub: person.id });
  });

  it('refuses a step that is too early, and says for how long', async () => {
    await expect(rotation.promote()).rejects.toThrow('There is no next key: add one.');
    await expect(rotation.retire()).rejects.toThrow('There is no key to retire.');
    await rotation.add();
    await expect(rotation.add()).rejects.toThrow('There is a next key already');
    await age('next', SECONDS_UNTIL_SIGNING - 60);
    await expect(rotation.promote()).rejects.toThrow(/wait (60|[345]\d) s more/);
    await age('next', SECONDS_UNTIL_SIGNING);
    await rotation.promote();
    await age('retiring', SECONDS_UNTIL_GONE - 60);
    await expect(rotation.retire()).rejects.toThrow(/wait (60|[345]\d) s more/);
    expect(await states()).toEqual(['signing', 'retiring']);
  });

  it('replaces a stolen key at once if forced: its tokens are invalid, also cached ones, but sessions continue', async () => {
    const stolen = await signIn();
    expect(await accepted(stolen.accessToken)).toBe(true);
    await rotation.add();
    await rotation.promote({ force: true });
    await rotation.retire({ force: true });
    apis().forEach(readAnew);
    expect(await accepted(stolen.accessToken)).toBe(false);
    const { status, body } = await system.ask('POST /v1/auth/refresh', {
      body: { refreshToken: stolen.refreshToken },
    });
    expect(status).toBe(200);
    expect(await accepted(body.accessToken)).toBe(true);
  });

  it('takes all steps automatically when a key is 90 days old, and no step twice', async () => {
    const step = () => rotation.takeStepsDue(90);
    expect(await step()).toEqual([]);
    await age('signing', 90 * DAY);
    expect((await Promise.all([step(), step(), step()])).flat()).toEqual(['add']);
    expect(await step()).toEqual([]);
    await age('next', SECONDS_UNTIL_SIGNING);
    expect((await Promise.all([step(), step(), step()])).flat()).toEqual(['promote']);
    await age('retiring', SECONDS_UNTIL_GONE);
    expect(await step()).toEqual(['retire']);
    expect(await states()).toEqual(['signing']);
    const schedules = await system.sql<{ name: string }>('SELECT name FROM messaging.schedule_run');
    expect(schedules.map(({ name }) => name)).toContain('identity.RotateSigningKeys');
  });

  it('adds one key only, however many ask', async () => {
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => rotation.add()));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await states()).toEqual(['next', 'signing']);
  });

  it('stores no private part in plain text, and publishes none', async () => {
    const { privateKey } = await system.inApi(SigningKeys).signing();
    const { d } = privateKey.export({ format: 'jwk' });
    const rows = await system.sql<{ text: string; key: Buffer }>(
      'SELECT to_jsonb(k)::text AS text, private_key AS key FROM identity.signing_keys k',
    );
    for (const { text, key } of rows) {
      expect(text).not.toContain(d!);
      expect(key.includes(Buffer.from(d!, 'base64url'))).toBe(false);
    }
    expect(JSON.stringify(await published())).not.toContain('"d"');
  });

  async function withAnotherMasterKey(work: () => Promise<void>): Promise<void> {
    const before = process.env.MASTER_KEY;
    process.env.MASTER_KEY = randomBytes(32).toString('base64');
    try {
      await work();
    } finally {
      if (before === undefined) delete process.env.MASTER_KEY;
      else process.env.MASTER_KEY = before;
    }
  }

  it('cannot be read with another master key, and says so', async () => {
    await withAnotherMasterKey(async () => {
      const api = await system.startApi();
      await expect(api.get(SigningKeys, { strict: false }).signing()).rejects.toThrow(
        /MASTER_KEY is not the one/,
      );
    });
  });

  it('takes no step with another master key, forced or not: no api could sign with what it adds', async () => {
    await rotation.add();
    await withAnotherMasterKey(async () => {
      const strange = (await system.startApi()).get(KeyRotation, { strict: false });
      for (const step of [
        () => strange.promote({ force: true }),
        () => strange.retire({ force: true }),
        () => strange.add(),
        () => strange.takeStepsDue(90),
      ]) {
        await expect(step()).rejects.toThrow(/MASTER_KEY is not the one/);
      }
    });
    expect(await states()).toEqual(['next', 'signing']);
  });
});
