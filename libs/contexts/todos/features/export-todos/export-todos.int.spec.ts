import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { contexts } from '@rookery/contexts';
import { enroll } from '@rookery/contexts/identity/testing';
import { gather } from '@rookery/contexts/workspaces/testing';
import { eventually, type Person } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';

/** 12 MB: more than socket buffers hold before anybody reads. */
const MANY = 12_000;

describe('An export that is read slowly', () => {
  const system = ownSystem(contexts);
  let ada: Person;
  let room: string;

  beforeAll(async () => {
    ada = await enroll(system);
    room = await gather(system, ada);
    await system.sql(
      `INSERT INTO todos.todos (id, version, workspace_id, author_id, title, description, status, priority, sort_order,
         created_at, updated_at)
       SELECT gen_random_uuid(), 1, $1, $2, 'Oak', repeat('x', 1000), 'PENDING', 1, nr, now(), now()
       FROM generate_series(1, $3::int) nr`,
      [room, ada.id, MANY],
    );
  });

  const statements = () =>
    system.sql<{ state: string; waitsFor: string }>(
      `SELECT state, wait_event AS "waitsFor" FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'rookery-api-streams'`,
    );
  /** Starts an export and does not read its body yet. */
  const begin = () =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const url = `${system.addresses.apiUrl}/v1/workspaces/${room}/todos/export`;
      request(url, { headers: { authorization: `Bearer ${ada.token}` }, agent: false }, (answer) =>
        resolve(answer.pause()),
      )
        .on('error', reject)
        .end();
    });
  const read = async (answer: IncomingMessage): Promise<number> => {
    let lines = 0;
    for await (const chunk of answer.setEncoding('utf8') as AsyncIterable<string>)
      lines += chunk.split('\n').length - 1;
    return lines;
  };
  const ask = (path: string) => system.ask(`GET /v1/${path}`, { token: ada.token });

  it('reads only as fast as its client, outside the connection pool, one for each user', async () => {
    const answer = await begin();
    // The statement has more rows and waits for the client.
    await eventually(async () => {
      expect(await statements()).toEqual([{ state: 'active', waitsFor: 'ClientRead' }]);
      return true;
    });
    expect(await ask(`workspaces/${room}/todos/export`)).toMatchObject({
      status: 409,
      body: { code: 'todos.export-running' },
    });
    expect(await ask(`workspaces/${room}/todos`)).toMatchObject({ status: 200 });
    await eventually(async () => expect(await statements()).toMatchObject([{ waitsFor: 'ClientRead' }]));
    expect(await read(answer)).toBe(MANY + 1);
    expect(await ask(`workspaces/${room}/todos/export?format=ical`)).toMatchObject({ status: 200 });
  });

  it('releases its connection when the client disconnects', async () => {
    const answer = await begin();
    await eventually(async () => (await statements()).some(({ state }) => state === 'active'));
    answer.destroy();
    await eventually(async () => (await statements()).every(({ state }) => state !== 'active'));
    const again = await eventually(async () => {
      const other = await begin();
      if (other.statusCode === 200) return other;
      other.resume(); // the aborted export ends a moment after its statement
      return false;
    });
    expect(await read(again)).toBe(MANY + 1);
  });
});
