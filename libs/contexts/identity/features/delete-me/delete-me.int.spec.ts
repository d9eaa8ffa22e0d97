import { Injectable, Module } from '@nestjs/common';
import type { ErasedCounts, ExportedPage, PersonalData } from '@rookery/application';
import { AuditChain } from '@rookery/audit';
import { contexts } from '@rookery/contexts';
import { Outbox, Sql, Transaction } from '@rookery/persistence';
import { occurred } from '@rookery/domain';
import { Authenticator, newcomer, NOTICED_MS, PASSWORD, signUp } from '@rookery/contexts/identity/testing';
import { type Answer, eventually, type Person } from '@rookery/testing';
import { contextOf, scheduleNamed } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { UserDeleted } from '../../contract/events';
import { KNOWN_TABLES } from '../../personal-data';
import { SessionCache } from '../../services/session-cache';

const BeginErasures = scheduleNamed(contexts, 'operations.begin-erasures');

let breaking = 0;

/** A context with notes that erases three rows at a time, and sometimes fails. */
@Injectable()
class Notes implements PersonalData {
  constructor(private readonly sql: Sql) {}

  async *export(userId: string): AsyncGenerator<ExportedPage> {
    yield ['notes', await this.sql.rows('SELECT text FROM public.notes WHERE user_id = $1', [userId])];
  }

  async erase(userId: string): Promise<ErasedCounts> {
    const notes = await this.sql.execute(
      'DELETE FROM public.notes WHERE id IN (SELECT id FROM public.notes WHERE user_id = $1 LIMIT 3)',
      [userId],
    );
    if (breaking > 0) {
      breaking -= 1;
      throw new Error('It breaks between two pieces.');
    }
    return { notes };
  }
}
Module({})(Notes);

describe('deleting the own account', () => {
  const system = ownSystem([...contexts, contextOf('notes', { personalData: Notes })]);
  beforeAll(async () => {
    await system.sql('CREATE TABLE public.notes (id serial, user_id uuid, text text)');
  });

  const deleteMe = (token: string) => system.ask('DELETE /v1/me', { token });
  const login = (email: string) => system.ask('POST /v1/auth/login', { body: { email, password: PASSWORD } });
  const write = ({ id }: Person, count: number) =>
    system.sql(
      `INSERT INTO public.notes (user_id, text) SELECT $1, 'note ' || nr FROM generate_series(1, $2) nr`,
      [id, count],
    );

  async function endGrace(userId: string): Promise<void> {
    await system.sql(
      `UPDATE operations.operations SET due_at = now() WHERE user_id = $1 AND kind = 'erasure'`,
      [userId],
    );
    await system.inWorker(Transaction).run(() => system.inWorker(BeginErasures).run(new Date()));
  }

  const erasureOf = async (userId: string) =>
    (
      await system.sql<{
        id: string;
        status: string;
        progress: number;
        receipt: Record<string, Record<string, number>>;
      }>(
        `SELECT id, status, progress, receipt FROM operations.operations WHERE user_id = $1 AND kind = 'erasure'`,
        [userId],
      )
    )[0]!;

  const erased = (userId: string) => eventually(async () => (await erasureOf(userId)).status === 'succeeded');

  /** Starts requests while operations are locked, and releases them when all of them are waiting. */
  async function atOnce(count: number, request: () => Promise<Answer>): Promise<Answer[]> {
    const sql = system.inWorker(Sql);
    return system
      .inWorker(Transaction)
      .run(async () => {
        await sql.execute('LOCK TABLE operations.operations IN EXCLUSIVE MODE');
        const answers = Promise.all(Array.from({ length: count }, request));
        await waiting(count);
        return { answers };
      })
      .then(({ answers }) => answers);
  }

  /** Waits until the subscribers have handled all events of a user, so that nothing clears the cache any more. */
  const cachesSettled = (userId: string) =>
    eventually(async () => {
      const open = await system.sql(
        `SELECT 1 FROM messaging.event_delivery WHERE subject = $1 AND queue = 'caches' AND state <> 'done'`,
        [userId],
      );
      return open.length === 0;
    });

  /** Waits until the api has cached the session of a token, for four seconds. */
  async function believed(token: string): Promise<void> {
    const { sid, iat } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
    const look = () => system.inApi(SessionCache).get(sid, iat);
    await eventually(async () => (await look()) === (await look()));
  }

  /** Waits until the given number of requests wait for a lock. */
  const waiting = (count: number) =>
    eventually(async () => {
      const rows = await system.sql(
        `SELECT 1 FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'rookery-api' AND wait_event_type = 'Lock'`,
      );
      return rows.length === count;
    }, 8_000);

  it('returns an operation and hides the account immediately', async () => {
    const { id, email, token } = await signUp(system);
    const { body: signedIn } = await login(email);
    await believed(token);
    const { status, body, headers } = await deleteMe(token);
    expect(status).toBe(202);
    expect(body).toEqual({ id: expect.any(String), kind: 'erasure', status: 'queued', progress: 0 });
    expect(headers.location).toBe(`/v1/operations/${body.id}`);

    for (const route of ['GET /v1/me', 'GET /v1/auth/sessions'])
      expect((await system.ask(route, { token })).status).toBe(401);
    expect(await login(email)).toMatchObject({ status: 401, body: { code: 'identity.bad-credentials' } });
    const refreshed = await system.ask('POST /v1/auth/refresh', {
      body: { refreshToken: signedIn.refreshToken },
    });
    expect(refreshed.body.code).toBe('identity.refresh-invalid');
    await eventually(
      async () => (await system.ask('GET /v1/auth/sessions', { token: signedIn.accessToken })).status === 401,
      NOTICED_MS,
    );
    const events = await system.sql(
      `SELECT type FROM messaging.outbox WHERE subject = $1 AND type = 'identity.user-deleted'`,
      [id],
    );
    expect(events).toHaveLength(1);
  });

  it('erases nothing before the grace period is over', async () => {
    const person = await signUp(system);
    await write(person, 1);
    await deleteMe(person.token);
    await system.inWorker(Transaction).run(() => system.inWorker(BeginErasures).run(new Date()));
    expect(await erasureOf(person.id)).toMatchObject({ status: 'queued', progress: 0 });
    expect(await system.sql('SELECT 1 FROM public.notes WHERE user_id = $1', [person.id])).toHaveLength(1);
    const again = await system.ask('POST /v1/auth/register', { body: newcomer({ email: person.email }) });
    expect(again.status).toBe(202);
    expect(await system.sql(`SELECT id FROM identity.users WHERE email = $1`, [person.email])).toEqual([
      { id: person.id },
    ]);
    await system.inbox.latest(person.email, /being deleted/);
  });

  it('erases it everywhere afterwards, in batches, and keeps a receipt without personal data', async () => {
    const person = await signUp(system, { name: 'Unmistakable Name', username: 'unmistakable' });
    const bystander = await signUp(system);
    await write(person, 7);
    await write(bystander, 1);
    await deleteMe(person.token);
    await endGrace(person.id);
    await erased(person.id);

    const { receipt, progress } = await erasureOf(person.id);
    expect(progress).toBe(100);
    expect(receipt).toMatchObject({ notes: { notes: 7 }, identity: { accounts: 1, sessions: 1 } });
    expect(
      await system.sql('SELECT user_id FROM public.notes WHERE user_id = ANY ($1)', [
        [person.id, bystander.id],
      ]),
    ).toEqual([{ user_id: bystander.id }]);
    const kept = JSON.stringify([
      await system.sql('SELECT to_jsonb(o) FROM operations.operations o'),
      await system.sql('SELECT to_jsonb(o) FROM messaging.outbox o'),
      await system.sql('SELECT to_jsonb(e) FROM audit.entries e'),
      await system.sql('SELECT to_jsonb(u) FROM identity.users u'),
    ]);
    for (const personal of [person.email, 'Unmistakable', 'unmistakable'])
      expect(kept).not.toContain(personal);
    const origins = await system.sql(
      `SELECT 1 FROM audit.origins JOIN audit.entries e ON e.id = entry_id WHERE e.actor_id = $1 OR e.subject_id = $1`,
      [person.id],
    );
    expect(origins).toEqual([]);
    expect(await system.inApi(AuditChain).verify()).toMatchObject({ intact: true });
  });

  it('frees address and username', async () => {
    const person = await signUp(system, { username: 'free-again' });
    await deleteMe(person.token);
    await endGrace(person.id);
    await erased(person.id);
    const [{ old } = { old: 0 }] = await system.sql<{ old: number }>(
      'SELECT count(*)::int AS old FROM identity.users WHERE id = $1',
      [person.id],
    );
    expect(old).toBe(0);
    const form = newcomer({ email: person.email, username: 'free-again' });
    expect((await system.ask('POST /v1/auth/register', { body: form })).status).toBe(202);
    expect(await system.sql('SELECT status FROM identity.users WHERE email = $1', [person.email])).toEqual([
      { status: 'pending' },
    ]);
  });

  it('sends no mail after the erasure, also if the event is delivered late', async () => {
    const { id, email, token } = await signUp(system);
    await deleteMe(token);
    const ofDeletion = async () =>
      (await system.inbox.of(email)).filter(({ subject }) => /was deleted/.test(subject)).length;
    await eventually(async () => (await ofDeletion()) === 1);
    await endGrace(id);
    await erased(id);
    const late = occurred(UserDeleted, { eraseAfter: new Date().toISOString() }, id);
    await system.inWorker(Transaction).run(() => system.inWorker(Outbox).append([late]));
    await eventually(async () => {
      const done = await system.sql(
        `SELECT 1 FROM messaging.event_delivery
         WHERE subject = $1 AND subscriber = 'identity.send-deletion-mail' AND state = 'done'`,
        [id],
      );
      return done.length === 1;
    });
    expect(await ofDeletion()).toBe(1);
  });

  it('handles every table of identity with user ids', async () => {
    const tables = await system.sql<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.columns
       WHERE table_schema = 'identity' AND (column_name = 'user_id' OR table_name = 'users') GROUP BY table_name ORDER BY table_name`,
    );
    expect(tables.map(({ name }) => name)).toEqual(KNOWN_TABLES);
    // Identity exports them and removes exports; receipts stay.
    const ofOperations = await system.sql<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.columns
       WHERE table_schema = 'operations' AND column_name = 'user_id'`,
    );
    expect(ofOperations).toEqual([{ name: 'operations' }]);
    const person = await signUp(system);
    await system.ask('POST /v1/auth/register', { body: newcomer({ email: person.email }) });
    await deleteMe(person.token);
    await endGrace(person.id);
    await erased(person.id);
    for (const { name } of tables) {
      const owner = name === 'users' ? 'id' : 'user_id';
      expect(await system.sql(`SELECT 1 FROM identity.${name} WHERE ${owner} = $1`, [person.id])).toEqual([]);
    }
  });

  it('continues where it was after a failed batch, and counts nothing twice', async () => {
    const person = await signUp(system);
    await write(person, 7);
    await deleteMe(person.token);
    breaking = 2;
    await endGrace(person.id);
    await eventually(() => breaking === 0);
    await erased(person.id);
    expect((await erasureOf(person.id)).receipt).toMatchObject({ notes: { notes: 7 } });
  });

  it('is started once by two workers', async () => {
    const person = await signUp(system);
    await deleteMe(person.token);
    await system.sql(`UPDATE operations.operations SET due_at = now() WHERE user_id = $1`, [person.id]);
    const second = await system.startWorker();
    await Promise.all(
      [system.worker, second].map((worker) =>
        worker
          .get(Transaction, { strict: false })
          .run(() => worker.get(BeginErasures, { strict: false }).run(new Date())),
      ),
    );
    await erased(person.id);
    const events = await system.sql(
      `SELECT 1 FROM messaging.outbox WHERE subject = $1 AND type = 'identity.operation-ended'`,
      [(await erasureOf(person.id)).id],
    );
    expect(events).toHaveLength(1);
    expect((await erasureOf(person.id)).receipt).toMatchObject({ identity: { accounts: 1 } });
  });

  it('returns the same operation to concurrent requests', async () => {
    const { token } = await signUp(system);
    const answers = await atOnce(5, () => deleteMe(token));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  });

  it('leaves no session open, also of a concurrent sign-in', async () => {
    for (let race = 0; race < 5; race += 1) {
      const { id, email, token } = await signUp(system);
      const [deleted, ...logins] = await Promise.all([
        deleteMe(token),
        login(email),
        login(email),
        login(email),
      ]);
      expect(deleted.status).toBe(202);
      for (const { status, body } of logins)
        expect([200, body.code === 'identity.bad-credentials' ? 401 : 0]).toContain(status);
      const alive = await system.sql(
        'SELECT 1 FROM identity.sessions WHERE user_id = $1 AND revoked_at IS NULL',
        [id],
      );
      expect(alive).toEqual([]);
      for (const { body } of logins.filter(({ status }) => status === 200)) {
        expect(
          (await system.ask('POST /v1/auth/refresh', { body: { refreshToken: body.refreshToken } })).status,
        ).toBe(401);
      }
    }
  });

  it('rejects a sign-in with a second factor, also if the password was checked before', async () => {
    const person = await signUp(system);
    const app = await Authenticator.enroll(system, person);
    const { body: half } = await login(person.email);
    expect((await deleteMe(person.token)).status).toBe(202);
    const { status } = await system.ask('POST /v1/auth/mfa', {
      body: { mfaToken: half.mfaToken, code: await app.code() },
    });
    expect(status).toBe(401);
    expect(await login(person.email)).toMatchObject({
      status: 401,
      body: { code: 'identity.bad-credentials' },
    });
  });

  it('also ends the session of a concurrent sign-in', async () => {
    const { id, email, token } = await signUp(system);
    const [answers] = await system.inWorker(Transaction).run(async () => {
      await system.inWorker(Sql).execute('LOCK TABLE audit.entries IN SHARE MODE'); // the last thing that both write
      const signingIn = login(email);
      await waiting(1); // its session is stored, but not committed
      const deleting = deleteMe(token);
      await waiting(2);
      return [Promise.all([signingIn, deleting])];
    });
    const [signedIn, deleted] = await answers;
    expect([signedIn.status, deleted.status]).toEqual([200, 202]);
    const alive = await system.sql(
      'SELECT 1 FROM identity.sessions WHERE user_id = $1 AND revoked_at IS NULL',
      [id],
    );
    expect(alive).toEqual([]);
  });

  it('requires a fresh sign-in, which an API key never has', async () => {
    const { id, token } = await signUp(system);
    const created = await system.ask('POST /v1/me/api-keys', {
      token,
      body: { name: 'all of it', scopes: ['read', 'write'] },
    });
    expect((await deleteMe(created.body.key)).status).toBe(403);
    const sessions = await system.sql<{ id: string }>(
      `UPDATE identity.sessions SET authenticated_at = now() - interval '1 hour' WHERE user_id = $1 RETURNING id`,
      [id],
    );
    // Otherwise the api may still know the session as it was, and delete the account.
    for (const session of sessions) await system.fixture('identity.forgetSession', { sessionId: session.id });
    expect((await deleteMe(token)).body.code).toBe('auth.mfa-required');
    expect(await system.sql('SELECT status FROM identity.users WHERE id = $1', [id])).toEqual([
      { status: 'active' },
    ]);
  });

  it('leaves nothing usable: no profile, no search, no API key, no password reset', async () => {
    const { id, email, token } = await signUp(system, { username: 'soon-gone' });
    const bystander = await signUp(system);
    const { body: apiKey } = await system.ask('POST /v1/me/api-keys', {
      token,
      body: { name: 'nightly', scopes: ['read'] },
    });
    const profile = () => system.ask(`GET /v1/users/${id}`, { token: bystander.token });
    const readByKey = () => system.ask(`GET /v1/users/${bystander.id}`, { token: apiKey.key });
    expect((await readByKey()).status).toBe(200);
    await system.ask('POST /v1/auth/password/forgot', { body: { email } });
    const mail = await system.inbox.latest(email, /Set a new/);
    const link = /reset\?token=([\w-]+)/.exec(mail.text)![1]!;
    await cachesSettled(id); // so that only the deletion removes the profile from the cache
    await profile();
    expect((await profile()).headers['x-cache']).toBe('HIT');

    expect((await deleteMe(token)).status).toBe(202);
    await eventually(async () => (await profile()).status === 404);
    const found = await system.ask('GET /v1/users?search=soon-gone', { token: bystander.token });
    expect(found.body.data).toEqual([]);
    await eventually(async () => (await readByKey()).status === 401, NOTICED_MS);
    const reset = { token: link, password: 'another long passphrase' };
    expect(await system.ask('POST /v1/auth/password/reset', { body: reset })).toMatchObject({
      body: { code: 'identity.link-expired' },
    });
    await system.sql(`UPDATE identity.users SET password_reset_requested_at = NULL WHERE id = $1`, [id]);
    await system.ask('POST /v1/auth/password/forgot', { body: { email } });
    await eventually(async () => {
      const open = await system.sql(
        `SELECT 1 FROM messaging.outbox o LEFT JOIN messaging.event_delivery d ON d.event_id = o.event_id
         WHERE o.type = 'identity.password-forgotten' AND (o.published_at IS NULL OR d.state = 'pending')`,
      );
      return open.length === 0;
    });
    expect(await system.sql('SELECT 1 FROM identity.password_reset_links WHERE user_id = $1', [id])).toEqual(
      [],
    );
    const mails = await system.inbox.of(email);
    expect(mails.filter(({ subject }) => /Set a new/.test(subject))).toHaveLength(1); // the one before the deletion
    const taken = newcomer({ username: 'soon-gone' });
    expect((await system.ask('POST /v1/auth/register', { body: taken })).body.code).toBe(
      'identity.username-taken',
    );
  });

  it('leaves an admin, also if the last two are deleted concurrently', async () => {
    for (let race = 0; race < 3; race += 1) {
      const admins = [await signUp(system), await signUp(system)];
      await system.sql(`UPDATE identity.users SET role = 'user' WHERE role = 'admin'`);
      await system.sql(`UPDATE identity.users SET role = 'admin' WHERE id = ANY ($1)`, [
        admins.map(({ id }) => id),
      ]);
      const answers = await Promise.all(admins.map(({ token }) => deleteMe(token)));
      expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([202, 422]);
      expect(answers.map(({ body }) => body.code)).toContain('identity.last-admin');
    }
  });

  it('is recorded', async () => {
    const { id, token } = await signUp(system);
    await deleteMe(token);
    await endGrace(id);
    await erased(id);
    const entries = await system.sql<{ action: string }>(
      `SELECT action FROM audit.entries WHERE subject_id = $1 ORDER BY id`,
      [id],
    );
    expect(entries.map(({ action }) => action).slice(-2)).toEqual([
      'identity.delete-me',
      'identity.user-erased',
    ]);
  });
});
