import { contexts } from '@rookery/contexts';
import { enroll } from '@rookery/contexts/identity/testing';
import { metrics } from '@rookery/contexts/todos/metrics';
import { createTodo } from '@rookery/contexts/todos/testing';
import { gather } from '@rookery/contexts/workspaces/testing';
import { Transaction } from '@rookery/persistence';
import type { Person } from '@rookery/testing';
import { scheduleNamed } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';

const HOUR_MS = 3_600_000;
/** Tested in `reminders.int.spec.ts`, which sends too many mails. */
const ELSEWHERE = 'todo_reminders_left_out_total';

describe('Todos', () => {
  const system = ownSystem(contexts, {
    RATE_LIMIT_ENABLED: 'true',
    RATE_LIMIT_DEFAULT: '100000/100000',
    RATE_LIMIT_TODOS_BULK: '2/86400',
    RATE_LIMIT_TODOS_EXPORT: '2/86400',
    RATE_LIMIT_TODOS_IMPORT: '2/86400',
  });
  let ada: Person;
  let room: string;

  beforeAll(() =>
    // Reminders run only when a test starts them: a scheduled run would take due todos and count them a moment later.
    system.sql(
      `INSERT INTO messaging.schedule_run SELECT name, '9999-01-01' FROM unnest($1::text[]) AS name
       ON CONFLICT (name) DO UPDATE SET slot = excluded.slot`,
      [['todos.remind-of-due-dates', 'todos.remind-of-overdue']],
    ),
  );
  beforeEach(async () => {
    ada = await enroll(system);
    room = await gather(system, ada);
  });

  const ask = (route: string, who: Person, more: object = {}) =>
    system.ask(route, { token: who.token, ...more });
  const importing = (who: Person, body: string, query = '') =>
    ask(`POST /v1/workspaces/${room}/todos/import${query}`, who, {
      body,
      headers: { 'content-type': 'text/csv' },
    });
  const inHours = (hours: number) => new Date(Date.now() + hours * HOUR_MS).toISOString();
  const remind = async (kind: string) => {
    const schedule = system.worker.get(scheduleNamed(contexts, `todos.remind-of-${kind}`), { strict: false });
    await system.worker.get(Transaction, { strict: false }).run(() => schedule.run(new Date()));
  };

  it('count changes, but nothing that is refused or previewed', async () => {
    const samples = [
      'todos_created_total',
      'todos_completed_total',
      'todo_notices_total{kind="due-soon"}',
      'todo_notices_total{kind="overdue"}',
      ...['created', 'updated', 'unchanged', 'refused'].map(
        (action) => `todo_import_rows_total{action="${action}"}`,
      ),
    ];
    expect(new Set([...samples.map((sample) => sample.split('{')[0]), ELSEWHERE])).toEqual(
      new Set(Object.values(metrics).map((metric) => (metric as unknown as { name: string }).name)),
    );
    const read = () => Promise.all(samples.map((sample) => system.metric(sample)));
    const before = await read();

    const { id } = await createTodo(system, ada, room);
    await createTodo(system, ada, room, { dueDate: inHours(5) });
    await createTodo(system, ada, room, { dueDate: inHours(-5) });
    expect(await ask(`POST /v1/workspaces/${room}/todos`, ada, { body: { title: '' } })).toMatchObject({
      status: 400,
    });
    for (let times = 0; times < 2; times += 1) await ask(`PATCH /v1/todos/${id}/complete`, ada);
    for (const kind of ['due-dates', 'overdue', 'due-dates', 'overdue']) await remind(kind);
    await importing(ada, 'id,title\r\na,Oak\r\nb,Birch\r\nc,Cedar\r\n,\r\n', '?dryRun=true');
    await importing(ada, 'id,title\r\na,Oak\r\nb,Birch\r\nc,Cedar\r\n,\r\n');
    const bob = await enroll(system);
    await ask(`POST /v1/workspaces/${room}/members`, ada, { body: { userId: bob.id, role: 'member' } });
    await importing(bob, 'id,title\r\na,Oak\r\nb,Beech\r\n');

    const after = await read();
    expect(after.map((value, index) => [samples[index], value - before[index]!])).toEqual([
      [samples[0], 3],
      [samples[1], 1],
      [samples[2], 1],
      [samples[3], 1],
      [samples[4], 3],
      [samples[5], 1],
      [samples[6], 1],
      [samples[7], 1],
    ]);
  });

  it.each<[string, (who: Person) => ReturnType<typeof ask>]>([
    [
      'in bulk',
      (who) => ask('POST /v1/todos/bulk', who, { body: { operations: [{ action: 'complete', id: room }] } }),
    ],
    ['by an export', (who) => ask(`GET /v1/workspaces/${room}/todos/export`, who)],
    ['by an import', (who) => importing(who, 'title\r\nx\r\n')],
  ])('are rate limited %s, for each user separately', async (_name, act) => {
    const bob = await enroll(system);
    await ask(`POST /v1/workspaces/${room}/members`, ada, { body: { userId: bob.id, role: 'member' } });
    for (let times = 0; times < 2; times += 1) expect((await act(ada)).status).toBeLessThan(300);
    const refused = await act(ada);
    expect(refused).toMatchObject({ status: 429, body: { code: 'rate.limited' } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await act(bob)).status).toBeLessThan(300);
  });

  it('are read as last changed, in every query and by everybody, without delay', async () => {
    const bob = await enroll(system);
    await ask(`POST /v1/workspaces/${room}/members`, ada, { body: { userId: bob.id, role: 'member' } });
    const { id } = await createTodo(system, ada, room, { title: 'Oak', assigneeId: bob.id });
    const reads = async () => {
      const [one, list, mine, stats] = await Promise.all([
        ask(`GET /v1/todos/${id}`, bob),
        ask(`GET /v1/workspaces/${room}/todos`, bob),
        ask('GET /v1/todos', bob),
        ask('GET /v1/todos/stats', bob),
      ]);
      return [
        one.body.code ?? one.body.title,
        list.body.data[0]?.title,
        mine.body.data[0]?.title,
        stats.body,
      ];
    };
    const first = await reads();
    expect(first).toMatchObject(['Oak', 'Oak', 'Oak', { completed: 0 }]);
    const body = { title: 'Birch' };
    await ask(`PATCH /v1/todos/${id}`, ada, { body, headers: { 'if-match': '*' } });
    await ask(`PATCH /v1/todos/${id}/complete`, ada);
    expect(await reads()).toMatchObject(['Birch', 'Birch', 'Birch', { completed: 1 }]);
    await ask(`DELETE /v1/todos/${id}`, ada, { headers: { 'if-match': '*' } });
    expect(await reads()).toMatchObject(['resource.not-found', undefined, undefined, { completed: 0 }]);
  });
});
