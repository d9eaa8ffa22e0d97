import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Commands } from '@rookery/application';
import { AuditChain, Audited, AuditTrail } from '@rookery/audit';
import { contexts } from '@rookery/contexts';
import { newId } from '@rookery/domain';
import { newcomer, PASSWORD, signUp } from '@rookery/contexts/identity/testing';
import { type Answer, eventually } from '@rookery/testing';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';

@Audited<FeedBirds>('garden.feed-birds', { record: ['grams'], formerly: ['garden.scatter-crumbs'] })
class FeedBirds extends Command<void> {
  constructor(
    readonly grams: number,
    readonly secretPlace: string,
  ) {
    super();
  }
}

@CommandHandler(FeedBirds)
@Injectable()
class FeedBirdsHandler implements ICommandHandler<FeedBirds> {
  async execute({ grams }: FeedBirds): Promise<void> {
    if (grams > 100) throw new Error('The bag is empty.');
  }
}

describe('the audit log', () => {
  const system = ownSystem([...contexts, contextOf('garden', { handlers: [FeedBirdsHandler] })]);
  let operator: string;

  beforeAll(async () => {
    const { id, token } = await signUp(system);
    await system.sql(`UPDATE identity.users SET role = 'admin' WHERE id = $1`, [id]);
    operator = token;
  });

  const list = async (query: Record<string, string>) =>
    (await system.ask(`GET /v1/admin/audit?${new URLSearchParams(query).toString()}`, { token: operator }))
      .body;

  const login = (email: string, password: string, requestId: string) =>
    system.ask('POST /v1/auth/login', {
      body: { email, password },
      headers: { 'x-request-id': requestId, 'user-agent': 'a browser' },
    });

  it('records who signed in, from where and in which request', async () => {
    const { id, email } = await signUp(system);
    await login(email, PASSWORD, 'sign-in-1');
    const { data } = await list({ subject: id, action: 'identity.log-in' });
    expect(data).toEqual([
      expect.objectContaining({
        subjectId: id,
        outcome: 'done',
        code: null,
        details: {},
        correlationId: 'sign-in-1',
        ip: '127.0.0.1',
        userAgentHash: createHash('sha256').update('a browser').digest('hex'),
      }),
    ]);
  });

  it('keeps a refused sign-in with its account, although its transaction is rolled back', async () => {
    const { id, email } = await signUp(system);
    await login(email, 'not the password', 'sign-in-2');
    await login('nobody@example.com', PASSWORD, 'sign-in-3');
    const rejected = { action: 'identity.log-in', outcome: 'rejected', code: 'identity.bad-credentials' };
    const { data } = await list({ action: 'identity.log-in' });
    expect(data.slice(0, 2)).toMatchObject([
      { ...rejected, subjectId: null, correlationId: 'sign-in-3' },
      { ...rejected, subjectId: id, correlationId: 'sign-in-2' },
    ]);
  });

  it('records a command whose result is a refusal as refused, with the events it raised', async () => {
    const { email } = await signUp(system);
    const tokens = [(await login(email, PASSWORD, 'x')).body.refreshToken];
    for (let nr = 0; nr < 2; nr += 1) {
      tokens.push(
        (await system.ask('POST /v1/auth/refresh', { body: { refreshToken: tokens.at(-1) } })).body
          .refreshToken,
      );
    }
    await system.ask('POST /v1/auth/refresh', { body: { refreshToken: tokens[0] } });
    const { data } = await list({ action: 'identity.refresh-session', limit: '1' });
    expect(data).toMatchObject([{ outcome: 'rejected', code: 'identity.refresh-reused' }]);
    expect(data[0].eventIds).toHaveLength(2);
  });

  it('records every command with only its listed fields, and a command that throws as failed', async () => {
    const commands = system.inApi(Commands);
    await commands.execute(new FeedBirds(20, 'under the oak'));
    await expect(commands.execute(new FeedBirds(200, 'under the oak'))).rejects.toThrow('empty');
    const { data } = await list({ action: 'garden.feed-birds' });
    expect(data).toMatchObject([{ outcome: 'failed', code: null }, { outcome: 'done' }]);
    expect(data.map(({ details }: { details: object }) => details)).toEqual([{ grams: 200 }, { grams: 20 }]);
  });

  it('records events of a schedule that no command caused', async () => {
    const form = newcomer();
    await system.ask('POST /v1/auth/register', { body: form });
    const [pending] = await system.sql<{ id: string }>(
      `UPDATE identity.users SET registered_at = now() - interval '4 days' WHERE email = $1 RETURNING id`,
      [form.email],
    );
    await system.runSchedule('identity.cancel-expired-registrations');
    const { data } = await list({ subject: pending!.id });
    expect(data).toMatchObject([
      { action: 'identity.registration-cancelled', actorId: null, outcome: 'done' },
      { action: 'identity.register-user' },
    ]);
  });

  it('records the actor of actions in a session', async () => {
    const { id, token } = await signUp(system);
    await system.ask('POST /v1/auth/logout-all', { token });
    expect((await list({ actor: id })).data).toMatchObject([
      { action: 'identity.log-out-everywhere', actorId: id },
    ]);
  });

  it('contains neither secrets nor names', async () => {
    const form = newcomer({ name: 'Unmistakable Name', username: 'unmistakable' });
    await signUp(system, form);
    const { body } = await login(form.email, form.password, 'secrets');
    await system.ask('POST /v1/auth/refresh', { body: { refreshToken: body.refreshToken } });
    await system.ask('POST /v1/auth/logout', {
      body: { refreshToken: body.refreshToken },
      token: body.accessToken,
    });
    const rows = await system.sql(`SELECT to_jsonb(e) AS entry FROM audit.entries e`);
    const text = JSON.stringify(rows);
    expect(text).toContain('identity.register-user');
    for (const secret of [
      form.email,
      form.password,
      form.name,
      form.username,
      body.refreshToken,
      body.accessToken,
    ]) {
      expect(text).not.toContain(secret);
    }
  });

  it('is sealed by the workers without a request, whatever their number', async () => {
    const second = await system.startWorker();
    await Promise.all(Array.from({ length: 20 }, () => login('nobody@example.com', PASSWORD, 'many')));
    await eventually(async () => {
      const verdict = await second.get(AuditChain, { strict: false }).verify();
      return verdict.intact && verdict.waiting === 0 && verdict.root.count > 20;
    });
    await eventually(async () => typeof (await list({ limit: '1' })).data[0].position === 'number');
  });

  it('is paged without gaps or repetition, and can be filtered by time', async () => {
    // Earlier refusals would be counted; their entry, created in this millisecond, belongs to no request.
    await system.inApi(AuditTrail).recordTally();
    const since = new Date().toISOString();
    for (let nr = 0; nr < 5; nr += 1) await login('nobody@example.com', PASSWORD, `page-${nr}`);
    const query = { action: 'identity.log-in', since, limit: '2' };
    const seen: (string | null)[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { data, page } = await list({ ...query, ...(cursor !== '' && { cursor }) });
      seen.push(...data.map(({ correlationId }: { correlationId: string | null }) => correlationId));
      cursor = page.nextCursor;
    }
    expect(seen.filter((id) => id !== null)).toEqual(['page-4', 'page-3', 'page-2', 'page-1', 'page-0']);
    expect((await list({ ...query, until: since })).data).toEqual([]);
  });

  it('counts refusals of callers who are not signed in, in one entry a minute', async () => {
    const trail = system.inApi(AuditTrail);
    // Records the counts and stops the timer of the api, which could otherwise fire between two lines.
    await trail.beforeApplicationShutdown();
    const [before] = await system.sql<{ at: string }>('SELECT clock_timestamp()::text AS at');
    const refusals = () =>
      system.sql<{ details: { repeated?: number }; code: string }>(
        `SELECT details, code FROM audit.entries WHERE action = 'identity.activate-user' AND at > $1::timestamptz ORDER BY id`,
        [before!.at],
      );
    const answers: Answer[] = [];
    // Ten at a time, as many as the api has connections: a request that waits too long for one gets 503.
    for (let round = 0; round < 6; round += 1)
      answers.push(
        ...(await Promise.all(
          Array.from({ length: 10 }, () => system.ask('PUT /v1/users/activate/nonsense')),
        )),
      );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]));
    expect(await refusals()).toHaveLength(5);
    await trail.recordTally();
    expect((await refusals()).slice(5)).toEqual([{ details: { repeated: 55 }, code: 'resource.not-found' }]);
    await trail.recordTally();
    expect(await refusals()).toHaveLength(6);
  });

  it('contains every refusal of a caller who is signed in', async () => {
    const { id, token } = await signUp(system);
    for (let n = 0; n < 8; n += 1)
      await system.ask('PUT /v1/me/password', {
        token,
        body: { currentPassword: 'not the password', password: 'an entirely new secret' },
      });
    const entries = await system.sql(
      `SELECT 1 FROM audit.entries WHERE actor_id = $1 AND action = 'identity.change-password' AND outcome = 'rejected'`,
      [id],
    );
    expect(entries).toHaveLength(8);
  });

  it('finds an action by its previous names too', async () => {
    const found = async (action: string) =>
      (await list({ action, since })).data.map((entry: { action: string }) => entry.action);
    const [{ since } = { since: '' }] = await system.sql<{ since: string }>(
      `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS since`,
    );
    await system.sql(
      `INSERT INTO audit.entries (id, action, outcome, details, event_ids)
       VALUES ($1, 'garden.scatter-crumbs', 'done', '{}', '{}')`,
      [newId()],
    );
    await system.inApi(Commands).execute(new FeedBirds(10, 'under the oak'));
    expect(await found('garden.feed-birds')).toEqual(['garden.feed-birds', 'garden.scatter-crumbs']);
    expect(await found('garden.dig')).toEqual([]);
  });

  it('can only be read by operators', async () => {
    const { token } = await signUp(system);
    expect(await system.ask('GET /v1/admin/audit', { token })).toMatchObject({
      status: 403,
      body: { code: 'auth.forbidden' },
    });
    expect((await system.ask('GET /v1/admin/audit')).status).toBe(401);
  });
});
