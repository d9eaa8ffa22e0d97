import { contexts } from '@rookery/contexts';
import { enroll } from '@rookery/contexts/identity/testing';
import { gather } from '@rookery/contexts/workspaces/testing';
import { SearchBulkhead } from '@rookery/persistence';
import type { Person } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { askedDuring } from '@rookery/testing/statements';
import { ORDERS, SORTS, type TodosQuery, TodosQuery as Asked } from '../../views/todo-filters';
import { statement, type TodoScope } from '../../views/todo-lists';

const MANY = 10_000;
const FEW = 40;
const LIMIT = 20;
/** Maximum number of rows read for a page: each filter matches at least one in ten todos, and few must be sorted. */
const MAX_READ = MANY / 3;

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: Node[];
}

describe('A workspace of 10,000 todos', () => {
  const system = ownSystem(contexts, { RATE_LIMIT_ENABLED: 'false' });
  let ada: Person;
  let category: string;
  let parent: string;
  let tagId: string;
  const rooms: Record<'few' | 'many' | 'noise', string> = { few: '', many: '', noise: '' };

  beforeAll(async () => {
    ada = await enroll(system);
    const other = await enroll(system);
    for (const name of ['few', 'many', 'noise'] as const) rooms[name] = await gather(system, ada);
    const { body } = await system.ask('POST /v1/categories', { token: ada.token, body: { name: 'Garden' } });
    category = body.id;
    await plant(rooms.noise, other.id, 3 * MANY);
    await plant(rooms.few, ada.id, FEW);
    parent = await plant(rooms.many, ada.id, MANY);
    tagId = category; // any id: the tag itself is of another context
    await system.sql(
      `INSERT INTO todos.todo_tags (todo_id, workspace_id, tag_id, name)
       SELECT id, workspace_id, $1, 'home' FROM todos.todos WHERE sort_order % 10 = 4`,
      [tagId],
    );
    await system.sql('ANALYZE todos.todos, todos.todo_tags');
  });

  /** Creates todos of which at least one in ten matches each filter. @returns a todo with sub-todos */
  async function plant(room: string, authorId: string, count: number): Promise<string> {
    const [first] = await system.sql<{ id: string }>(
      `INSERT INTO todos.todos (id, version, workspace_id, author_id, assignee_id, category_id, title, status, priority,
         due_at, sort_order, created_at, updated_at)
       SELECT gen_random_uuid(), 1, $1, $2, CASE WHEN nr % 2 = 0 THEN $2::uuid END, CASE WHEN nr % 10 = 1 THEN $3::uuid END,
              CASE WHEN nr % 10 = 2 THEN 'Oak' ELSE 'Birch' END,
              (ARRAY['DRAFT', 'PENDING', 'COMPLETED', 'ARCHIVED'])[1 + nr % 4], nr % 3,
              CASE WHEN nr % 5 > 0 THEN now() + (nr % 1000 - 500) * interval '1 hour' END, nr, now(), now()
       FROM generate_series(1, $4::int) nr RETURNING id`,
      [room, authorId, category, count],
    );
    await system.sql(
      'UPDATE todos.todos SET parent_id = $1 WHERE workspace_id = $2 AND sort_order % 10 = 3 AND id <> $1',
      [first!.id, room],
    );
    return first!.id;
  }

  const filters = (): Record<string, Partial<TodosQuery>> => ({
    nothing: {},
    status: { status: ['PENDING'] },
    statuses: { status: ['DRAFT', 'ARCHIVED'] },
    priority: { priority: ['high'] },
    tag: { tag: tagId },
    'name of a tag': { tag: 'home' },
    category: { categoryId: category },
    parent: { parentId: parent },
    assignee: { assigneeId: ada.id },
    'due from': { dueFrom: new Date().toISOString() },
    'due to': { dueTo: new Date().toISOString() },
    overdue: { overdue: true },
    'not overdue': { overdue: false },
    search: { search: 'oak' },
  });
  const urlOf = (filter: Partial<TodosQuery>, sort: string) =>
    new URLSearchParams([
      ...Object.entries(filter).map(([key, value]) => [key, String(value)] as [string, string]),
      ['sort', sort],
    ]);

  const asked = async (route: string) => {
    const ask = async () => {
      const answer = await system.ask(route, { token: ada.token });
      expect(answer.status).toBe(200);
    };
    // The session is read again now and then, so the lowest count is used.
    const counts: number[] = [];
    for (let times = 0; times < 3; times += 1) {
      const { postgres } = await askedDuring(system, ask);
      counts.push(postgres.flat().length);
    }
    return Math.min(...counts);
  };

  it('is listed with as many statements as one of forty todos, with any filter', async () => {
    for (const [name, filter] of Object.entries(filters()))
      for (const sort of SORTS) {
        const page = (room: string) =>
          asked(`GET /v1/workspaces/${room}/todos?${urlOf(filter, sort).toString()}`);
        expect([name, sort, await page(rooms.many)]).toEqual([name, sort, await page(rooms.few)]);
      }
    // The workspaces of the user, and the count in a transaction with its own limits.
    expect(await asked('GET /v1/todos/stats')).toBe(5);
  }, 300_000);

  it('is counted on connections reserved for searches, so that other requests do not wait', async () => {
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    // As many as there are connections: some wait for a slot until they are refused.
    const searches = Array.from({ length: 10 }, () =>
      system
        .inApi(SearchBulkhead)
        .run(() => over)
        .catch(() => undefined),
    );
    const status = async (route: string) => (await system.ask(route, { token: ada.token })).status;
    const answers = await Promise.all(['GET /v1/todos/stats', 'GET /v1/todos'].map(status));
    end();
    await Promise.all(searches);
    expect(answers).toEqual([503, 200]);
    expect(await status('GET /v1/todos/stats')).toBe(200);
  });

  it('is exported with as many statements as one of forty todos', async () => {
    const statements = (format: string, room: string) =>
      asked(`GET /v1/workspaces/${room}/todos/export?format=${format}`);
    for (const format of ['csv', 'ical'])
      expect([format, await statements(format, rooms.many)]).toEqual([
        format,
        await statements(format, rooms.few),
      ]);
  });

  it.each(SORTS)('is filtered by indexes, which read few todos for a page, sorted by %s', async (sort) => {
    const scopes: Record<string, TodoScope> = {
      workspace: { workspaceId: rooms.many },
      mine: { responsibleId: ada.id, workspaceIds: [rooms.many, rooms.few] },
    };
    for (const [whose, scope] of Object.entries(scopes))
      for (const [name, filter] of Object.entries(filters())) {
        const query = Object.assign(new Asked(), filter, { sort });
        const { text, values } = statement(scope, query, ORDERS[sort].keyset.first, LIMIT + 1, new Date());
        const [row] = await system.sql<{ 'QUERY PLAN': [{ Plan: Node }] }>(
          `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
          values,
        );
        const nodes = nodesOf(row!['QUERY PLAN'][0].Plan).filter((node) => node['Relation Name'] === 'todos');
        const read = nodes.reduce((sum, node) => sum + readBy(node), 0);
        expect({
          whose,
          name,
          scanned: nodes.filter((node) => node['Node Type'] === 'Seq Scan').length,
        }).toEqual({
          whose,
          name,
          scanned: 0,
        });
        expect({ whose, name, read, bounded: read <= MAX_READ }).toMatchObject({
          whose,
          name,
          bounded: true,
        });
      }
  });
});

function nodesOf(node: Node): Node[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

function readBy(node: Node): number {
  const each =
    node['Actual Rows'] +
    (node['Rows Removed by Filter'] ?? 0) +
    (node['Rows Removed by Index Recheck'] ?? 0);
  return each * node['Actual Loops'];
}
