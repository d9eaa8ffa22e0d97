import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enroll } from '@rookery/contexts/identity/testing';
import { gather } from '@rookery/contexts/workspaces/testing';
import { eventually, Inbox, type Person, privateSystem } from '@rookery/testing';
import { startWorkerProgram } from '@rookery/testing/program';
import { Client } from 'pg';
import { type RunningMailbox, startMailbox } from '../../../../../tools/parts/mailbox.mts';
import { stopChild } from '../../../../../tools/parts/processes.mts';

const TODOS = 100;

describe('A run of reminders', () => {
  const folder = mkdtempSync(join(tmpdir(), 'killed-reminders-'));
  const workers: ChildProcess[] = [];
  let mailbox: RunningMailbox;
  let gate: Client;
  beforeAll(async () => {
    mailbox = await startMailbox({ dataDir: folder });
  });
  const system = privateSystem();
  beforeAll(async () => {
    await system.closeWorker();
    gate = new Client({ connectionString: system.addresses.databaseUrl });
    gate.on('error', () => undefined); // the database is deleted with the system
    await gate.connect();
  });
  afterAll(async () => {
    await gate.end();
    await Promise.all(workers.map((worker) => stopChild(worker, 'SIGKILL', 5_000)));
    await mailbox.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts a worker in a separate process. Its mails go to the mailbox of this suite. */
  function startWorker(): ChildProcess {
    const worker = startWorkerProgram(system, { SMTP_URL: mailbox.smtpUrl });
    workers.push(worker);
    return worker;
  }

  const threePeople = () => Promise.all([enroll(system), enroll(system), enroll(system)]);
  const due = () =>
    system.sql(`INSERT INTO messaging.schedule_run VALUES ('todos.remind-of-due-dates', 'epoch')
                ON CONFLICT (name) DO UPDATE SET slot = 'epoch'`);

  /**
   * Gives people many todos that are due soon, and holds the run of reminders at the point where it has recorded the notices
   * but not written the events, while `happens` runs.
   */
  async function inTheMiddle(people: readonly Person[], happens: () => Promise<void>): Promise<void> {
    const rooms = await Promise.all(people.map((person) => gather(system, person)));
    // Before there are due todos, or a scheduled run would be over by then.
    await gate.query('BEGIN; LOCK TABLE messaging.outbox IN SHARE MODE');
    for (const [index, { id }] of people.entries())
      await system.sql(
        `INSERT INTO todos.todos (id, version, workspace_id, author_id, title, status, priority, due_at, sort_order,
           created_at, updated_at)
         SELECT gen_random_uuid(), 1, $1, $2, 'Todo ' || nr, 'PENDING', 1, now() + interval '5 hours', 0, now(), now()
         FROM generate_series(1, $3::int) nr`,
        [rooms[index], id, TODOS],
      );
    await due();
    await eventually(async () => {
      const waiting = await system.sql(
        `SELECT 1 FROM pg_locks held JOIN pg_locks wanted USING (pid)
         WHERE held.relation = 'todos.notices'::regclass AND held.mode = 'RowExclusiveLock' AND held.granted
           AND wanted.relation = 'messaging.outbox'::regclass AND NOT wanted.granted`,
      );
      return waiting.length > 0;
    });
    await happens();
    await gate.query('COMMIT');
  }

  /** Waits until everybody was notified, runs reminders again, and checks that nobody was notified twice. */
  async function verifyToldOnce(people: readonly Person[]): Promise<void> {
    const told = async () =>
      system.sql<{ userId: string; events: number; todos: number }>(
        `SELECT data ->> 'userId' AS "userId", count(*)::int AS events,
                count(DISTINCT data ->> 'todoId')::int AS todos
         FROM messaging.outbox WHERE type = 'todos.todo-due-soon' AND data ->> 'userId' = ANY ($1::text[])
         GROUP BY 1 ORDER BY 1`,
        [people.map(({ id }) => id)],
      );
    const inbox = new Inbox(mailbox.url);
    const mails = async () => {
      const all = await Promise.all(people.map(({ email }) => inbox.of(email)));
      return all.map((each) => each.filter(({ text }) => text.includes('- Todo ')).length);
    };
    const delivered = async () => {
      const open = await system.sql(
        `SELECT 1 FROM messaging.outbox o LEFT JOIN messaging.event_delivery d USING (event_id)
         WHERE o.type IN ('todos.todo-due-soon', 'todos.reminder-requested')
           AND (o.published_at IS NULL OR d.state <> 'done')`,
      );
      return open.length === 0;
    };
    await eventually(async () => (await told()).length === people.length && (await delivered()), 90_000);
    await due();
    await eventually(async () => {
      const rows = await system.sql(
        `SELECT 1 FROM messaging.schedule_run WHERE name = 'todos.remind-of-due-dates' AND slot > 'epoch'`,
      );
      return rows.length === 1 && (await delivered());
    });
    const once = people.map(({ id: userId }) => ({ userId, events: TODOS, todos: TODOS }));
    expect(await told()).toEqual(once.sort((one, other) => (one.userId < other.userId ? -1 : 1)));
    expect(await mails()).toEqual(people.map(() => 1));
  }

  it('notifies everybody once if the worker is killed during the run', async () => {
    const people = await threePeople();
    const first = startWorker();
    await inTheMiddle(people, async () => {
      first.kill('SIGKILL');
      await eventually(() => first.signalCode === 'SIGKILL');
    });
    startWorker();
    await verifyToldOnce(people);
  }, 300_000);

  it('notifies everybody once if Redis is killed during the run and restarts empty', async () => {
    const people = await threePeople();
    await inTheMiddle(people, () => system.killRedis());
    await system.startRedisEmpty();
    await verifyToldOnce(people);
  }, 300_000);
});
