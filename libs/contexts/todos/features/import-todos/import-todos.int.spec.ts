import { request } from 'node:http';
import { contexts } from '@rookery/contexts';
import { enroll } from '@rookery/contexts/identity/testing';
import { createTodo, eventsAbout } from '@rookery/contexts/todos/testing';
import { gather } from '@rookery/contexts/workspaces/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { askedDuring } from '@rookery/testing/statements';
import { parse } from 'csv-parse/sync';

interface Row {
  row: number;
  action: string;
  id?: string;
  changed?: string[];
  errors?: { path: string; code: string }[];
}

const times = (length: number, action: string) => Array.from({ length }, () => ({ action }));
const table = (...lines: string[]) => lines.join('\r\n');
const todoIn = (uid: string, ...lines: string[]) => ['BEGIN:VTODO', `UID:${uid}`, ...lines, 'END:VTODO'];
const calendar = (...lines: string[]) =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR', ''].join('\r\n');

describe('Todos from other programs', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let gus: Person;
  let room: string;

  beforeEach(async () => {
    [ada, bob, gus] = await Promise.all([enroll(system), enroll(system), enroll(system)]);
    room = await gather(system, ada, [
      [bob, 'member'],
      [gus, 'guest'],
    ]);
  });

  const send = (body: string, { who = ada, to = room, query = '' } = {}) =>
    system.ask(`POST /v1/workspaces/${to}/todos/import${query}`, {
      token: who.token,
      body,
      headers: { 'content-type': body.startsWith('BEGIN:') ? 'text/calendar; charset=utf-8' : 'text/csv' },
    });
  const preferBerlin = ({ token }: Person) =>
    system.ask('PUT /v1/me/preferences', {
      token,
      body: { interests: [], tone: 'calm', length: 'short', language: 'en', timeZone: 'Europe/Berlin' },
    });
  const summary = ({ body }: { body: { rows: Row[] } }) =>
    body.rows.map(({ action, changed, errors }) => ({
      action,
      ...(changed && { changed }),
      ...(errors && { errors: errors.map(({ path, code }) => `${path} ${code}`) }),
    }));
  const list = async (of = room) =>
    (await system.ask(`GET /v1/workspaces/${of}/todos?sort=asc&limit=100`, { token: ada.token })).body
      .data as Record<string, unknown>[];
  const exported = async (format: string, of = room): Promise<string> =>
    (await system.ask(`GET /v1/workspaces/${of}/todos/export?format=${format}`, { token: ada.token })).body;

  it('are previewed, imported once, and updated by the same file later', async () => {
    const first = table('id,title,priority,tags', 'a,Oak,high,"home,garden"', 'b,Birch,low,', ',Nameless,,');
    const preview = await send(first, { query: '?dryRun=true' });
    expect(preview).toMatchObject({
      status: 200,
      body: { dryRun: true, created: 3, updated: 0, unchanged: 0, refused: 0, errorsOmitted: 0 },
    });
    expect(preview.body.rows).toEqual([1, 2, 3].map((row) => ({ row, action: 'created' })));
    expect(await list()).toEqual([]);
    const tags = () => system.ask(`GET /v1/workspaces/${room}/tags`, { token: ada.token });
    expect((await tags()).body.data).toEqual([]);

    const { body } = await send(first, { who: bob });
    expect(body).toMatchObject({ dryRun: false, created: 3 });
    expect(await list()).toMatchObject([
      { id: body.rows[0].id, title: 'Oak', priority: 'high', authorId: bob.id, version: 1 },
      { title: 'Birch', tags: [] },
      { title: 'Nameless', priority: 'medium' },
    ]);
    expect(await eventsAbout(system, body.rows[0].id)).toEqual(['todos.todo-created']);

    const second = table('tags,id,title,status', 'GARDEN,a,Oak,COMPLETED', ',b,Birch,', ',c,Cedar,DRAFT');
    const expected = [
      { action: 'updated', changed: expect.arrayContaining(['status', 'tags']) },
      { action: 'unchanged' },
      { action: 'created' },
    ];
    expect(summary(await send(second, { query: '?dryRun=true' }))).toEqual(expected);
    expect(summary(await send(second))).toEqual(expected);
    expect(summary(await send(second))).toEqual(expected.map(() => ({ action: 'unchanged' })));
    const [oak, , , cedar] = await list();
    expect(oak).toMatchObject({
      status: 'COMPLETED',
      completedBy: ada.id,
      priority: 'high',
      tags: [{ name: 'garden' }],
    });
    expect(cedar).toMatchObject({ title: 'Cedar', status: 'DRAFT' });
    expect(await eventsAbout(system, body.rows[0].id)).toEqual([
      'todos.todo-created',
      'todos.todo-updated',
      'todos.todo-completed',
    ]);
    expect((await tags()).body.data).toHaveLength(2);
  });

  it.each(['csv', 'ical'])(
    'are equal after an export as %s and an import into an empty workspace',
    async (format) => {
      const oak = await createTodo(system, ada, room, {
        title: '=HYPERLINK("x")',
        description: '\'=1\r\n"two", three; \\n',
      });
      await createTodo(system, ada, room, {
        title: 'Sub',
        parentId: oak.id,
        priority: 'low',
        dueDate: '2090-01-31T16:00:00.5Z',
      });
      await createTodo(system, ada, room, {
        title: 'Daily',
        dueDate: '2090-01-31T16:00:00Z',
        recurrence: 'FREQ=DAILY;COUNT=3',
      });
      await preferBerlin(bob);
      await createTodo(system, bob, room, {
        title: 'Weekly',
        dueDate: '2090-01-29T23:30:00Z',
        recurrence: 'FREQ=WEEKLY;BYDAY=MO;UNTIL=20900601',
      });
      const done = await createTodo(system, ada, room, {
        title: 'Done',
        color: '#aabbcc',
        difficulty: 2,
        sortOrder: -4,
      });
      await system.ask(`PATCH /v1/todos/${done.id}/complete`, { token: ada.token });
      const { body: tag } = await system.ask(`POST /v1/workspaces/${room}/tags`, {
        token: ada.token,
        body: { name: 'field work' },
      });
      await system.ask(`POST /v1/todos/${done.id}/tags/${tag.id}`, { token: ada.token });
      // The parent is created after the sub-todo.
      const late = await createTodo(system, ada, room, { title: 'Late parent' });
      const { version } = (await system.ask(`GET /v1/todos/${done.id}`, { token: ada.token })).body;
      await system.ask(`PATCH /v1/todos/${done.id}`, {
        token: ada.token,
        headers: { 'if-match': `"${version}"` },
        body: { parentId: late.id },
      });

      const file = await exported(format);
      expect(summary(await send(file))).toEqual(times(6, 'unchanged'));
      const other = await gather(system, ada);
      const { body } = await send(file, { to: other });
      expect(body).toMatchObject({ created: 6, refused: 0 });
      // Ids and times of the last change are new. Parents have the order of the file.
      const plain = async (of: string) => {
        let text = await exported(format, of);
        for (const { id, title } of await list(of))
          text = text.replaceAll(String(id), String(title).replace(/\W/g, ''));
        const all =
          format === 'csv'
            ? parse<Record<string, string>>(text, { columns: true }).map((row) =>
                JSON.stringify({ ...row, updatedAt: null }),
              )
            : text
                .replace(/(?:DTSTAMP|LAST-MODIFIED|SEQUENCE):.*\r\n/g, '')
                .replace('END:VCALENDAR', '')
                .split('BEGIN:VTODO')
                .map((each) => each.trim());
        return all.sort();
      };
      expect(await plain(other)).toEqual(await plain(room));
      expect(summary(await send(file, { to: other }))).toEqual(times(6, 'unchanged'));
    },
  );

  it('are refused row by row, with the field and its rule', async () => {
    const stranger = await enroll(system);
    const foreign = await createTodo(system, stranger, await gather(system, stranger));
    const cases: [string, string][] = [
      ['1,,,,,', 'title length'],
      [`2,${'x'.repeat(256)},,,,`, 'title length'],
      ['3,nul \0,,,,', 'title characters'],
      ['4,x,soon,,,', 'dueDate format'],
      ['5,x,2090-01-31T16:00:00Z,FREQ=SECONDLY,,', 'recurrence recurrence'],
      ['6,x,,FREQ=DAILY,,', 'dueDate required'],
      ['7,x,2090-01-31T16:00:00Z,FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30,,', 'recurrence recurrence'],
      [`8,x,,,,${stranger.id}`, 'assigneeId one-of'],
      [`9,x,,,,${gus.id}`, 'assigneeId one-of'],
      [`10,x,,,${foreign.id},`, 'parentId one-of'],
      ['11,x,,,nothing,', 'parentId one-of'],
      ['12,x,,,1,', 'parentId one-of'],
      ['ok,x,,,,', ''],
      ['ok,x,,,,', 'id unique'],
      ['13,x,,,ok,', ''],
      ['14,x,,,13,', 'parentId one-of'],
    ];
    const file = table('id,title,dueDate,recurrence,parentId,assigneeId', ...cases.map(([line]) => line));
    const told = cases.map(([, errors]) =>
      errors === '' ? { action: 'created' } : { action: 'refused', errors: [errors] },
    );
    expect(summary(await send(file, { query: '?dryRun=true' }))).toEqual(told);
    expect(summary(await send(file))).toEqual(told);
    expect(await list()).toHaveLength(2);
    expect((await list())[1]).toMatchObject({ parentId: (await list())[0]!.id });
  });

  it('are refused with the first 100 errors of the file, whatever the number of wrong cells', async () => {
    const wrong = table('title,status,priority,dueDate', ...Array.from({ length: 10_000 }, () => ',x,x,x'));
    const { body } = await send(wrong, { query: '?dryRun=true' });
    expect(body).toMatchObject({ created: 0, refused: 10_000, errorsOmitted: 39_900 });
    expect(body.rows.map(({ row }: Row) => row)).toEqual(Array.from({ length: 10_000 }, (_, nr) => nr + 1));
    expect(body.rows.flatMap(({ errors = [] }: Row) => errors)).toHaveLength(100);
    expect(JSON.stringify(body).length).toBeLessThan(500_000);

    // Rows refused for their parent, which is looked up later, are in the order of the file too.
    const lines = Array.from({ length: 60 }, (_, nr) => [`x ${nr},,`, `x,x,`, `x,,nothing`]).flat();
    const file = table('title,status,parentId', ...lines);
    const expected = lines.map((line, nr) => {
      if (line.endsWith(',,')) return { action: 'created' };
      const error = line === 'x,x,' ? 'status one-of' : 'parentId one-of';
      return { action: 'refused', ...(nr < 150 && { errors: [error] }) };
    });
    for (const query of ['?dryRun=true', '']) {
      const answer = await send(file, { query });
      expect(answer.body).toMatchObject({ created: 60, refused: 120, errorsOmitted: 20 });
      expect(summary(answer)).toEqual(expected);
    }
  });

  it('are refused if a file refers to a todo twice, by any of its ids', async () => {
    const [oak] = (await send(table('id,title', 'a,Oak'))).body.rows as [Row];
    const elm = await createTodo(system, ada, room, { title: 'Elm' });
    const others = Array.from({ length: 1_000 }, (_, nr) => `n${nr},Todo ${nr}`);
    const twice = { action: 'refused', errors: ['id unique'] };
    for (const [lines, expected] of [
      [
        [`a,Oak 2`, `${oak.id},Oak 3`],
        [{ action: 'updated', changed: ['title'] }, twice],
      ],
      [
        [`${elm.id},Elm 2`, `${elm.id.toUpperCase()},Elm 3`],
        [{ action: 'updated', changed: ['title'] }, twice],
      ],
      [
        ['a,Oak 4', ...others, `${oak.id},Oak 5`],
        [{ action: 'updated', changed: ['title'] }, ...times(1_000, 'created'), twice],
      ],
    ] as const) {
      const file = table('id,title', ...lines);
      expect(summary(await send(file, { query: '?dryRun=true' }))).toEqual(expected);
      expect(summary(await send(file))).toEqual(expected);
    }
    expect((await list()).slice(0, 2)).toMatchObject([{ title: 'Oak 4' }, { title: 'Elm 2' }]);
  });

  it('are refused with a time zone that does not exist, also if nothing else changes', async () => {
    const series = 'a,x,2090-01-31T16:00:00Z,FREQ=DAILY';
    expect(summary(await send(table('id,title,dueDate,recurrence', series)))).toEqual(times(1, 'created'));
    const refused = [{ action: 'refused', errors: ['timeZone format'] }];
    for (const zone of ['Nowhere/Land', '+01:00'])
      expect(summary(await send(table('id,title,dueDate,recurrence,timeZone', `${series},${zone}`)))).toEqual(
        refused,
      );
    const file = calendar(...todoIn('b', 'SUMMARY:x', 'DUE;TZID=Nowhere/Land:20900131T160000'));
    const told = [{ action: 'refused', errors: ['dueDate format', 'timeZone format'] }];
    expect(summary(await send(file, { query: '?dryRun=true' }))).toEqual(told);
    expect(summary(await send(file))).toEqual(told);
  });

  it('change nothing in other workspaces, also if they have ids of todos there', async () => {
    const other = await gather(system, bob);
    const secret = await createTodo(system, bob, other, { title: 'Secret' });
    expect(await send(table('id,title', `${secret.id},Mine`))).toMatchObject({
      body: { created: 1, updated: 0 },
    });
    const { body } = await system.ask(`GET /v1/todos/${secret.id}`, { token: bob.token });
    expect(body.title).toBe('Secret');
  });

  it('are read from calendars, which have no drafts and no fractions of a second', async () => {
    const { id } = await createTodo(system, ada, room, {
      title: 'Draft',
      status: 'DRAFT',
      dueDate: '2090-01-31T16:00:00.123Z',
    });
    const same = todoIn(id, 'SUMMARY:Draft', 'STATUS:NEEDS-ACTION', 'DUE:20900131T160000Z');
    const phone = todoIn(
      'phone@example.com',
      'SUMMARY:Call',
      'STATUS:COMPLETED',
      'COMPLETED:20260101T000000Z',
      'CATEGORIES:home',
    );
    const wrong = todoIn('x', 'SUMMARY:Wrong', 'DUE:20270231T000000Z');
    const file = calendar(...same, ...phone, ...wrong, ...todoIn('y', 'nonsense'));
    expect(summary(await send(file))).toEqual([
      { action: 'unchanged' },
      { action: 'created' },
      { action: 'refused', errors: ['dueDate format'] },
      { action: 'refused', errors: [' custom'] },
    ]);
    const call = (await list()).find(({ title }) => title === 'Call');
    expect(call).toMatchObject({ completedAt: '2026-01-01T00:00:00.000Z', completedBy: null });
    const keys = await system.sql('SELECT encode(key, $1) AS key FROM todos.import_keys', ['escape']);
    expect(JSON.stringify(keys)).not.toContain('phone@example.com');
  });

  it('are created once if two users import the same file at the same time', async () => {
    const file = table('id,title,tags', ...Array.from({ length: 50 }, (_, nr) => `${nr},Todo ${nr},home`));
    const answers = await Promise.all([send(file), send(file, { who: bob }), send(file)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers.map(({ body }) => body.created as number).sort((one, other) => one - other)).toEqual([
      0, 0, 50,
    ]);
    expect(await list()).toHaveLength(50);
  });

  it('add only as many tags as a workspace can have', async () => {
    const lines = Array.from(
      { length: 11 },
      (_, row) => `"${Array.from({ length: 20 }, (__, nr) => `t${row}-${nr}`).join(',')}",Todo ${row}`,
    );
    const told = [...times(10, 'created'), { action: 'refused', errors: ['tags range'] }];
    const file = table('tags,title', ...lines);
    expect(summary(await send(file, { query: '?dryRun=true' }))).toEqual(told);
    expect(summary(await send(file))).toEqual(told);
  });

  it('add a limited number of rules at a time, and the rest when the file is sent again', async () => {
    const lines = Array.from({ length: 502 }, (_, nr) => `${nr},x,2090-01-01T16:00:00Z,FREQ=DAILY`);
    const file = table('id,title,dueDate,recurrence', ...lines);
    const { body } = await send(file);
    expect(body).toMatchObject({ created: 500, refused: 2 });
    expect(body.rows[500].errors).toMatchObject([
      { path: 'recurrence', code: 'range', params: { max: 500 } },
    ]);
    expect((await send(file)).body).toMatchObject({ created: 2, unchanged: 500, refused: 0 });
  });

  it('are refused if the file is not UTF-8, also at its end', async () => {
    const bytes = Buffer.from(`title\r\n${'Oak\r\n'.repeat(2_000)}Zo\xeb\r\n`, 'latin1');
    const { port } = new URL(system.addresses.apiUrl);
    const [status, body] = await new Promise<[number | undefined, string]>((resolve, reject) => {
      const sent = request(
        {
          port,
          method: 'POST',
          path: `/v1/workspaces/${room}/todos/import`,
          headers: { authorization: `Bearer ${ada.token}`, 'content-type': 'text/csv' },
        },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (part: string) => (text += part));
          answer.on('end', () => resolve([answer.statusCode, text])).on('error', reject);
        },
      );
      sent.on('error', reject).end(bytes);
    });
    expect([status, JSON.parse(body)]).toMatchObject([
      400,
      { code: 'request.invalid', detail: expect.stringContaining('not UTF-8') },
    ]);
    expect(await list()).toEqual([]);
  });

  it('require write access and a supported file type', async () => {
    const file = table('title', 'x');
    expect(await send(file, { who: gus })).toMatchObject({ status: 403 });
    expect(await send(file, { who: await enroll(system) })).toMatchObject({ status: 404 });
    const json = await system.ask(`POST /v1/workspaces/${room}/todos/import`, {
      token: ada.token,
      body: { title: 'x' },
    });
    expect(json).toMatchObject({ status: 415 });
    expect(await send(`title\r\n${'x\r\n'.repeat(3_400_000)}`)).toMatchObject({ status: 413 });
    expect(await send(table('title', '"open'))).toMatchObject({
      status: 400,
      body: { code: 'request.invalid', errors: [{ path: 'rows.1', code: 'custom' }] },
    });
    const header = {
      token: ada.token,
      headers: { 'content-type': 'text/csv', 'idempotency-key': room },
      body: file,
    };
    const again = () => system.ask(`POST /v1/workspaces/${room}/todos/import`, header);
    const [one, two] = [await again(), await again()];
    expect(two.body).toEqual(one.body);
    expect(two.headers['idempotency-replayed']).toBe('true');
    expect(await list()).toHaveLength(1);
  });
});

describe('An import whose file is still being sent', () => {
  const system = sharedSystem();
  let ada: Person;
  let room: string;

  beforeEach(async () => {
    ada = await enroll(system);
    room = await gather(system, ada);
  });

  /** @returns the request, whose body is open, and the status of its response */
  const begin = (who: Person, headers: Record<string, string> = {}) => {
    const url = `${system.addresses.apiUrl}/v1/workspaces/${room}/todos/import`;
    const file = request(url, {
      method: 'POST',
      agent: false,
      headers: { authorization: `Bearer ${who.token}`, 'content-type': 'text/csv', ...headers },
    });
    const answered = new Promise<{ status: number; body: Record<string, unknown> }>((resolve, reject) => {
      file.on('error', reject).on('response', (answer) => {
        const chunks: Buffer[] = [];
        answer
          .on('data', (chunk: Buffer) => chunks.push(chunk))
          .on('end', () => {
            resolve({ status: answer.statusCode!, body: JSON.parse(Buffer.concat(chunks).toString()) });
          });
      });
    });
    return { file, answered };
  };

  it('is rejected before the end of the file if it is not allowed', async () => {
    const wrong = begin(ada);
    wrong.file.write('title\r\na,b\r\nc\r\n');
    expect(await wrong.answered).toMatchObject({ status: 400, body: { errors: [{ path: 'rows.1' }] } });
    wrong.file.destroy();
    const stranger = begin(await enroll(system));
    stranger.file.write('t');
    expect(await stranger.answered).toMatchObject({ status: 404 });
    stranger.file.destroy();
    const long = begin(ada);
    for (let at = 0; at < 12; at += 1) long.file.write('title\r\n'.padEnd(1_000_000, '\n'));
    expect(await long.answered).toMatchObject({ status: 413 });
    long.file.destroy();
  });

  it('is read completely, whatever the size of the chunks', async () => {
    const title = 'Ä😀'.repeat(60);
    const text = Buffer.from(`title\r\n${`${title}\r\n`.repeat(200)}`);
    const { file, answered } = begin(ada);
    for (let at = 0; at < text.length; at += 1_013) file.write(text.subarray(at, at + 1_013));
    file.end();
    expect(await answered).toMatchObject({ status: 200, body: { created: 200, refused: 0 } });
    const { body } = await system.ask(`GET /v1/workspaces/${room}/todos?limit=1`, { token: ada.token });
    expect(body.data[0].title).toBe(title);
  });

  it('changes nothing when it is cut off', async () => {
    const { file, answered } = begin(ada, { 'content-length': '1000' });
    file.write('title\r\nOak\r\nBirch\r\n');
    const outcome = answered.then(
      () => 'answered',
      () => 'cut off',
    );
    file.flushHeaders();
    await eventually(() => file.socket !== null && file.socket.bytesWritten > 100);
    file.destroy();
    expect(await outcome).toBe('cut off');
    const { body } = await system.ask(`GET /v1/workspaces/${room}/todos`, { token: ada.token });
    expect(body.data).toEqual([]);
  });
});

describe('Many todos from other programs', () => {
  const system = ownSystem(contexts);

  it('need as many statements as few todos', async () => {
    const ada = await enroll(system);
    const statements = async (count: number, prefix: string) => {
      const room = await gather(system, ada);
      const lines = Array.from(
        { length: count },
        (_, nr) => `${prefix}${nr},Todo ${nr},home,${nr % 3 === 2 ? `${prefix}${nr - 1}` : ''}`,
      );
      const send = async (body: string) => {
        const answer = await system.ask(`POST /v1/workspaces/${room}/todos/import`, {
          token: ada.token,
          headers: { 'content-type': 'text/csv' },
          body,
        });
        expect(answer).toMatchObject({ status: 200, body: { refused: 0 } });
      };
      const file = table('id,title,tags,parentId', ...lines);
      await send(table('title,tags', 'x,home')); // so that the tag exists
      const measured = async (body: string) => {
        const { sid: sessionId } = JSON.parse(Buffer.from(ada.token.split('.')[1]!, 'base64url').toString());
        await system.fixture('identity.forgetSession', { sessionId }); // so that it is read each time
        return askedDuring(system, () => send(body));
      };
      const created = await measured(file);
      const updated = await measured(file.replaceAll('Todo', 'Task'));
      return [created, updated].map(({ postgres }) => postgres.flat());
    };
    await statements(3, 'warm');
    let round = 0;
    let few: string[][] = [];
    // Repeated, because a cache entry about the caller can expire during an import, which adds a statement.
    await eventually(async () => {
      few = await statements(3, `few${++round}-`);
      expect(await statements(999, `many${round}-`)).toEqual(few);
    });
    const most = await statements(3_000, 'most');
    for (const [index, count] of most.entries()) expect(count.length).toBeLessThan(3 * few[index]!.length);
  });

  it('can take longer in total than the wait budget of one request', async () => {
    const ada = await enroll(system);
    const room = await gather(system, ada);
    await system.sql(
      `CREATE FUNCTION public.dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1.7); RETURN NULL; END $$`,
    );
    await system.sql('CREATE TRIGGER dawdle AFTER INSERT ON todos.todos EXECUTE FUNCTION public.dawdle()');
    const { status, body } = await system.ask(`POST /v1/workspaces/${room}/todos/import`, {
      token: ada.token,
      headers: { 'content-type': 'text/csv' },
      body: table('title', ...Array.from({ length: 2_001 }, (_, nr) => `Todo ${nr}`)),
    });
    expect([status, body.created]).toEqual([200, 2_001]);
  });
});
