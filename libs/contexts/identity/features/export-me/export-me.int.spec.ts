import { Injectable } from '@nestjs/common';
import type { ErasedCounts, ExportedPage, PersonalData } from '@rookery/application';
import { contexts } from '@rookery/contexts';
import { Sql, Transaction } from '@rookery/persistence';
import { enroll, PASSWORD, signUp } from '@rookery/contexts/identity/testing';
import { type Answer, eventually, type Person, served } from '@rookery/testing';
import { contextOf, scheduleNamed } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';

const RemoveOldExports = scheduleNamed(contexts, 'operations.remove-old-exports');

let breaking = 0;

/** A context with more than one page, an empty one first. */
@Injectable()
class Shells implements PersonalData {
  async *export(): AsyncGenerator<ExportedPage> {
    yield ['shells', []];
    yield ['shells', [{ nr: 1 }, { nr: 2 }]];
    if (breaking > 0) {
      breaking -= 1;
      throw new Error('It breaks between two pages.');
    }
    yield ['stones', []];
    yield ['shells', [{ nr: 3 }]];
  }

  async erase(): Promise<ErasedCounts> {
    return {};
  }
}

describe('downloading an export', () => {
  const system = ownSystem(contexts, { RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_EXPORT_DOWNLOAD: '2/86400' });

  it('has a limit of its own, for each account', async () => {
    const [one, another] = [await signUp(system), await signUp(system)];
    const download = async ({ token }: Person) =>
      (await system.ask(`GET /v1/operations/${one.id}/result`, { token })).status;
    expect([await download(one), await download(one), await download(one)]).toEqual([404, 404, 429]);
    expect(await download(another)).toBe(404);
  });
});

describe('exporting what is held about somebody', () => {
  const system = ownSystem([...contexts, contextOf('beach', { personalData: Shells })]);

  const exportMe = (token: string) => system.ask('POST /v1/me/exports', { token });
  const operation = (id: string, token: string) => system.ask(`GET /v1/operations/${id}`, { token });
  const done = (id: string, token: string) =>
    eventually(async () => (await operation(id, token)).body.status === 'succeeded');

  /** Starts requests while operations are locked, and releases them when all of them are waiting. */
  async function atOnce(count: number, request: () => Promise<Answer>): Promise<Answer[]> {
    const sql = system.inWorker(Sql);
    return system
      .inWorker(Transaction)
      .run(async () => {
        await sql.execute('LOCK TABLE operations.operations IN EXCLUSIVE MODE');
        const answers = Promise.all(Array.from({ length: count }, request));
        await eventually(async () => {
          const waiting = await system.sql(
            `SELECT 1 FROM pg_stat_activity
           WHERE datname = current_database() AND application_name = 'rookery-api' AND wait_event_type = 'Lock'`,
          );
          return waiting.length === count;
        });
        return { answers };
      })
      .then(({ answers }) => answers);
  }

  it('returns everything to its owner, without secrets and hashes', async () => {
    const { id, email, token } = await signUp(system);
    const { body: tokens } = await system.ask('POST /v1/auth/login', {
      body: { email, password: PASSWORD },
      headers: { 'user-agent': 'a browser' },
    });
    await system.ask('PATCH /v1/me', { token, body: { bio: 'Countess.' }, headers: { 'if-match': '*' } });
    const asked = await exportMe(token);
    expect(asked).toMatchObject({ status: 202, body: { kind: 'export', status: 'queued', progress: 0 } });
    expect(asked.headers.location).toBe(`/v1/operations/${asked.body.id}`);
    await done(asked.body.id, token);

    const { body } = await operation(asked.body.id, token);
    expect(body).toMatchObject({ progress: 100, result: { url: `/v1/operations/${asked.body.id}/result` } });
    expect(Date.parse(body.result.expiresAt) - Date.now()).toBeGreaterThan(6 * 86_400_000);
    const result = await system.ask(`GET ${body.result.url}`, { token });
    expect(result.status).toBe(200);
    expect(result.headers['content-disposition']).toContain('attachment');
    expect(result.headers['cache-control']).toBe('private, no-store');
    expect(result.body).toMatchObject({
      userId: id,
      data: {
        beach: { shells: [{ nr: 1 }, { nr: 2 }, { nr: 3 }], stones: [] },
        identity: {
          profile: [{ id, email, bio: 'Countess.' }],
          sessions: [{ ip: '127.0.0.1' }, { ip: '127.0.0.1', userAgent: 'a browser' }],
          operations: [{ id: asked.body.id, kind: 'export' }],
        },
      },
    });
    const actions = result.body.data.identity.audit.map(({ action }: { action: string }) => action);
    expect(actions).toEqual(
      expect.arrayContaining(['identity.register-user', 'identity.log-in', 'identity.export-me']),
    );
    const text = JSON.stringify(result.body);
    for (const secret of ['argon2', 'password', 'token', 'counter', tokens.refreshToken])
      expect(text).not.toContain(secret);
  });

  it('contains the origins of the owner’s actions, but not those of others', async () => {
    const [own, strangers, admins] = ['198.51.100.1', '198.51.100.2', '198.51.100.3'];
    const { id, email } = await signUp(system);
    const login = (password: string, from: string) =>
      system.ask('POST /v1/auth/login', { body: { email, password }, from });
    const token = (await login(PASSWORD, own)).body.accessToken;
    for (const from of [own, strangers]) expect((await login('wrong', from)).status).toBe(401);
    const admin = await enroll(system, { role: 'admin' });
    await system.ask(`PUT /v1/admin/users/${id}/role`, {
      body: { role: 'moderator' },
      token: admin.token,
      from: admins,
    });
    const asked = await exportMe(token);
    await done(asked.body.id, token);
    const { body } = await operation(`${asked.body.id}/result`, token);
    const origins = (action: string) =>
      (body.data.identity.audit as { action: string; ip: string; userAgentHash: string }[])
        .filter((entry) => entry.action === action)
        .map(({ ip, userAgentHash }) => [ip, userAgentHash]);
    const known = (ip: string) => [ip, expect.stringMatching(/^[0-9a-f]{64}$/)];
    expect(origins('identity.log-in')).toEqual([known(own), known(own), [null, null]]);
    expect(origins('identity.export-me')).toEqual([known('127.0.0.1')]);
    expect(origins('identity.set-user-role')).toEqual([[null, null]]);
    for (const ip of [strangers, admins]) expect(JSON.stringify(body)).not.toContain(ip);
  });

  it('shows an operation, and its result, to no other user', async () => {
    const { token } = await signUp(system);
    const stranger = await signUp(system);
    const { body } = await exportMe(token);
    await done(body.id, token);
    for (const path of [body.id, `${body.id}/result`, 'nonsense', `${stranger.id}/result`]) {
      const answer = await operation(path, stranger.token);
      expect(answer).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
    }
  });

  it('is made once for concurrent requests', async () => {
    const { token } = await signUp(system);
    breaking = 1; // so that it is not done before the last request
    const answers = await atOnce(6, () => exportMe(token));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    const [first] = answers;
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    await done(first!.body.id, token);
  });

  it('is made once a day, however often and wherever it is requested', async () => {
    const { id, token } = await signUp(system);
    const { body: first } = await exportMe(token);
    await done(first.id, token);
    const answers = await Promise.all(Array.from({ length: 20 }, () => served(() => exportMe(token))));
    for (const { status, headers, body } of answers) {
      expect([status, headers.location]).toEqual([202, `/v1/operations/${first.id}`]);
      expect(body).toMatchObject({ id: first.id, status: 'succeeded', result: { url: expect.any(String) } });
    }
    const stored = await system.sql(
      `SELECT 1 FROM operations.operations WHERE user_id = $1 AND kind = 'export'`,
      [id],
    );
    expect(stored).toHaveLength(1);
  });

  it('is created again after a day, and contains only the existence of the earlier one', async () => {
    const { token } = await signUp(system);
    const { body: first } = await exportMe(token);
    await done(first.id, token);
    await system.sql(
      `UPDATE operations.operations SET requested_at = requested_at - interval '24 h 1 s' WHERE id = $1`,
      [first.id],
    );
    const { body: second } = await exportMe(token);
    expect(second).toMatchObject({ kind: 'export', status: 'queued' });
    expect(second.id).not.toBe(first.id);
    await done(second.id, token);
    const { body: result } = await operation(`${second.id}/result`, token);
    expect(result.data.identity.operations).toMatchObject([
      { id: first.id, status: 'succeeded' },
      { id: second.id, status: 'running' },
    ]);
    const { body: before } = await operation(`${first.id}/result`, token);
    expect(result.data.beach).toEqual(before.data.beach);
    expect(JSON.stringify(result).split(first.id)).toHaveLength(2);
  });

  it('is created again at once when it failed, or can no longer be downloaded', async () => {
    const { token } = await signUp(system);
    const { body: first } = await exportMe(token);
    await done(first.id, token);
    await system.sql(`UPDATE operations.operations SET status = 'failed' WHERE id = $1`, [first.id]);
    const { body: second } = await exportMe(token);
    expect(second.id).not.toBe(first.id);
    await done(second.id, token);
    await system.sql(
      `UPDATE operations.operations SET finished_at = now() - interval '7 days 1 s' WHERE id = $1`,
      [second.id],
    );
    expect((await exportMe(token)).body.id).not.toBe(second.id);
  });

  it('contains every page once although a batch failed halfway', async () => {
    const { token } = await signUp(system);
    breaking = 1;
    const { body } = await exportMe(token);
    await done(body.id, token);
    expect(breaking).toBe(0);
    const { body: result } = await operation(`${body.id}/result`, token);
    expect(result.data.beach.shells).toEqual([{ nr: 1 }, { nr: 2 }, { nr: 3 }]);
  });

  it('is gone after a week', async () => {
    const { token } = await signUp(system);
    const { body } = await exportMe(token);
    await done(body.id, token);
    await system.sql(
      `UPDATE operations.operations SET finished_at = now() - interval '7 days 1 s' WHERE id = $1`,
      [body.id],
    );
    expect(await operation(`${body.id}/result`, token)).toMatchObject({
      status: 410,
      body: { code: 'identity.export-expired' },
    });
    await system.inWorker(Transaction).run(() => system.inWorker(RemoveOldExports).run(new Date()));
    expect(
      await system.sql('SELECT 1 FROM operations.export_pages WHERE operation_id = $1', [body.id]),
    ).toEqual([]);
  });

  it('is failed after its last attempt', async () => {
    const { token } = await signUp(system);
    breaking = 100;
    const { body } = await exportMe(token);
    await eventually(() => breaking < 100);
    await eventually(async () => {
      // As after many earlier attempts.
      await system.sql(
        `UPDATE messaging.event_delivery SET attempts = 9 WHERE subject = $1 AND state = 'pending'`,
        [body.id],
      );
      return (await operation(body.id, token)).body.status === 'failed';
    });
    breaking = 0;
    expect((await operation(body.id, token)).body).toMatchObject({ failure: expect.any(String) });
    expect((await operation(`${body.id}/result`, token)).status).toBe(404);
    expect((await exportMe(token)).status).toBe(202);
  });

  it('needs somebody signed in', async () => {
    expect((await system.ask('POST /v1/me/exports')).status).toBe(401);
    expect((await system.ask('GET /v1/operations/x')).status).toBe(401);
  });
});
