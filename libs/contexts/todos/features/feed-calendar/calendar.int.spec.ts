import ICAL from 'ical.js';
import { enroll } from '@rookery/contexts/identity/testing';
import { createTodo } from '@rookery/contexts/todos/testing';
import { gather } from '@rookery/contexts/workspaces/testing';
import { type Person, sharedSystem } from '@rookery/testing';

describe('Todos in other programs', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let room: string;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    room = await gather(system, ada, [[bob, 'guest']]);
  });

  const titlesIn = (text: string) =>
    new ICAL.Component(ICAL.parse(text) as unknown[])
      .getAllSubcomponents('vtodo')
      .map((each) => String(each.getFirstPropertyValue('summary')));
  const exported = (format: string, who = ada) =>
    system.ask(`GET /v1/workspaces/${room}/todos/export?format=${format}`, { token: who.token });
  const feed = async () => {
    const { body } = await system.ask('POST /v1/me/calendar-feed', { token: ada.token });
    return `GET ${new URL(body.url).pathname}`;
  };

  it('are exported completely, as CSV and as a calendar, whatever their number', async () => {
    // Due far in the future: other suites of the system would wait for the reminders of so many todos.
    await system.sql(
      `INSERT INTO todos.todos (id, version, workspace_id, author_id, title, status, priority, due_at, sort_order,
         created_at, updated_at)
       SELECT gen_random_uuid(), 1, $1, $2, 'Todo ' || nr, 'PENDING', 1, '2090-01-31', 0, now(), now()
       FROM generate_series(1, 2500) nr`,
      [room, ada.id],
    );
    await createTodo(system, ada, room, { title: '=HYPERLINK("http://evil.test")' });
    const csv = await exported('csv', bob);
    expect(csv).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': 'attachment; filename="todos.csv"',
      },
    });
    const rows = String(csv.body).split('\r\n');
    expect(rows).toHaveLength(2_503); // with the header, and nothing after the last line
    expect(csv.body).toContain(`"'=HYPERLINK(""http://evil.test"")"`);
    const ical = await exported('ical');
    expect(ical.headers['content-type']).toBe('text/calendar; charset=utf-8');
    expect(new Set(titlesIn(ical.body)).size).toBe(2_501);
    const eve = await enroll(system);
    expect(await exported('csv', eve)).toMatchObject({ status: 404 });
    expect(await exported('xml')).toMatchObject({ status: 400, body: { errors: [{ path: 'format' }] } });
  });

  it('are served to calendars at a secret URL that is returned once and can be renewed and revoked', async () => {
    const dueDate = '2090-01-31T16:00:00Z';
    await createTodo(system, ada, room, { title: 'Due', dueDate });
    await createTodo(system, ada, room, { title: 'Some day' });
    await createTodo(system, ada, room, { title: 'Long ago', dueDate: '2001-01-31T16:00:00Z' });
    const first = await feed();
    const { status, headers, body } = await system.ask(first);
    expect({ status, caching: headers['cache-control'], type: headers['content-type'] }).toEqual({
      status: 200,
      caching: 'private, max-age=300',
      type: 'text/calendar; charset=utf-8',
    });
    expect(titlesIn(body)).toEqual(['Due']);
    const stored = await system.sql('SELECT encode(token_hash, $1) AS hash FROM todos.calendar_feeds', [
      'base64',
    ]);
    expect(JSON.stringify(stored)).not.toContain(first.split('/').at(-1));

    const second = await feed();
    expect(await system.ask(first)).toMatchObject({ status: 404 });
    expect(await system.ask(second)).toMatchObject({ status: 200 });
    const revoke = () => system.ask('DELETE /v1/me/calendar-feed', { token: ada.token });
    expect([await revoke(), await revoke()]).toMatchObject([{ status: 204 }, { status: 404 }]);
    expect(await system.ask(second)).toMatchObject({ status: 404 });
    expect(await system.ask('GET /v1/calendars/guess')).toMatchObject({ status: 404 });
  });

  it('have the time zone of their recurrence, in each format', async () => {
    await system.ask('PUT /v1/me/preferences', {
      token: ada.token,
      body: { interests: [], tone: 'calm', length: 'short', language: 'en', timeZone: 'Europe/Berlin' },
    });
    for (const title of ['One', 'Two'])
      await createTodo(system, ada, room, {
        title,
        dueDate: '2090-03-21T08:00:00Z',
        recurrence: 'FREQ=WEEKLY',
      });
    for (const { body } of [await system.ask(await feed()), await exported('ical')]) {
      const file = new ICAL.Component(ICAL.parse(body) as unknown[]);
      expect(file.getAllSubcomponents('vtimezone')).toHaveLength(1);
      for (const todo of file.getAllSubcomponents('vtodo')) {
        expect(todo.getFirstProperty('dtstart')!.toICALString()).toBe(
          'DTSTART;TZID=Europe/Berlin:20900321T090000',
        );
      }
    }
  });

  it('have no secret URL created with an API key, because it would outlive the key', async () => {
    const { body } = await system.ask('POST /v1/me/api-keys', {
      token: ada.token,
      body: { name: 'a program', scopes: ['write'] },
    });
    const asked = await system.ask('POST /v1/me/calendar-feed', { token: body.key });
    expect(asked).toMatchObject({ status: 403, body: { code: 'auth.forbidden' } });
  });

  it('are served only from workspaces of which the owner of the address is a member', async () => {
    const team = await gather(system, ada, [[bob, 'member']]);
    await createTodo(system, ada, team, {
      title: 'Ours',
      dueDate: '2090-01-31T16:00:00Z',
      assigneeId: bob.id,
    });
    const { body } = await system.ask('POST /v1/me/calendar-feed', { token: bob.token });
    const address = `GET ${new URL(body.url).pathname}`;
    expect(titlesIn((await system.ask(address)).body)).toEqual(['Ours']);
    await system.ask(`DELETE /v1/workspaces/${team}/members/${bob.id}`, { token: ada.token });
    expect(titlesIn((await system.ask(address)).body)).toEqual([]);
  });

  it('are no longer served after the account is deleted', async () => {
    const address = await feed();
    await system.ask('DELETE /v1/me', { token: ada.token });
    expect(await system.ask(address)).toMatchObject({ status: 404 });
  });
});
