import { createRequire } from 'node:module';
import type { Client } from 'pg';
import type { TodosQuery as TodosQueryType } from '../libs/contexts/todos/views/todo-filters.ts';
import type { TodoScope } from '../libs/contexts/todos/views/todo-lists.ts';
import { runNode } from '../tools/support/commands.mts';
import { BenchDatabase, withoutIndexes } from './databases.mts';
import { median, printRow, short } from './figures.mts';

// The statements that the api sends.
const load = createRequire(new URL('../dist/', import.meta.url));
const { ORDERS, SORTS, TodosQuery } = load('./libs/contexts/todos/views/todo-filters.js');
const { statement } = load('./libs/contexts/todos/views/todo-lists.js');

/**
 * Measures a page of the todos of one workspace of 10,000, for each filter and order, in databases with few and many
 * todos of other workspaces. Each cell is the median of interleaved calls, so that other load affects all equally.
 *
 * BENCH_TODOS=20000,100000 measures less; BENCH_ROUNDS sets the number of rounds. Fails if a page costs more than 1.5
 * times as much in the largest database as in the next smaller one. In a small database PostgreSQL can choose another
 * plan, so a difference to the first column is not growth if it does not continue in the last.
 */
const SIZES = (process.env.BENCH_TODOS ?? '20000,200000,1000000').split(',').map(Number);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 30);
const WARM_UP = 6;
const LIMIT = 21;
const GOAL = 1.5;
/** Smaller differences are noise. */
const NOISE_MS = 0.2;
const IN_WORKSPACE = 10_000;

const idOf = (kind: string, number: string) => `md5('${kind}' || (${number}))::uuid`;

async function main(): Promise<void> {
  await runNode('dist/migrations/migrate.js', [], { quiet: true });
  const databases: BenchDatabase[] = [];
  const clients: Client[] = [];
  for (const todos of SIZES) {
    const began = performance.now();
    const database = await BenchDatabase.create(`bench_todos_${todos}`);
    const client = await database.connect();
    databases.push(database);
    clients.push(client);
    await fill(client, todos);
    console.log(`${short(todos)} todos made in ${((performance.now() - began) / 1_000).toFixed(0)} s`);
  }
  const flat = await measure(clients);
  for (const client of clients) await client.end();
  for (const database of databases) await database.drop();
  if (!flat) process.exitCode = 1;
}

async function fill(client: Client, todos: number): Promise<void> {
  await client.query(`SET synchronous_commit = off; SET maintenance_work_mem = '512MB'`);
  await client.query(
    `INSERT INTO todos.categories (id, version, user_id, name, color, created_at, updated_at)
     VALUES (${idOf('category', '0')}, 1, ${idOf('user', '0')}, 'Garden', '#6b7280', now(), now())`,
  );
  // The first ten thousand are in the measured workspace; each of the other workspaces has a thousand.
  await withoutIndexes(client, 'todos.todos', () =>
    client.query(
      `INSERT INTO todos.todos (id, version, workspace_id, author_id, assignee_id, category_id, title, status, priority,
       due_at, sort_order, created_at, updated_at)
     SELECT ${idOf('todo', 'nr')}, 1, ${idOf('workspace', 'room')}, ${idOf('user', 'room')},
            CASE WHEN nr % 2 = 0 THEN ${idOf('user', 'room')} END,
            CASE WHEN nr % 10 = 1 AND room = 0 THEN ${idOf('category', '0')} END,
            CASE WHEN nr % 10 = 2 THEN 'Oak' ELSE 'Birch' END || ' ' || nr,
            (ARRAY['DRAFT', 'PENDING', 'COMPLETED', 'ARCHIVED'])[1 + nr % 4], nr % 3,
            CASE WHEN nr % 5 > 0 THEN now() + (nr % 1000 - 500) * interval '1 hour' END, nr, now(), now()
     FROM (SELECT nr, CASE WHEN nr < ${IN_WORKSPACE} THEN 0 ELSE nr / 1000 END AS room
           FROM generate_series(0, ${todos - 1}) AS nr) AS todo`,
    ),
  );
  await client.query(
    `INSERT INTO todos.todo_tags (todo_id, workspace_id, tag_id, name)
     SELECT id, workspace_id, md5('tag' || workspace_id)::uuid, 'home' FROM todos.todos WHERE sort_order % 10 = 0`,
  );
  await client.query('VACUUM ANALYZE todos.todos, todos.todo_tags');
}

/** @returns whether no page costs much more in the largest database */
async function measure(clients: readonly Client[]): Promise<boolean> {
  const { rows } = await clients[0]!.query<Record<'room' | 'user' | 'category' | 'tag', string>>(
    `SELECT ${idOf('workspace', '0')} AS room, ${idOf('user', '0')} AS user, ${idOf('category', '0')} AS category,
            md5('tag' || ${idOf('workspace', '0')})::uuid AS tag`,
  );
  const { room, user, category, tag } = rows[0]!;
  const now = new Date();
  const filters: Record<string, Partial<TodosQueryType>> = {
    nothing: {},
    status: { status: ['PENDING'] },
    priority: { priority: ['high'] },
    tag: { tag },
    category: { categoryId: category },
    assignee: { assigneeId: user },
    'due period': { dueFrom: now.toISOString(), dueTo: new Date(now.getTime() + 86_400_000).toISOString() },
    overdue: { overdue: true },
    search: { search: 'oak' },
  };
  const scopes: Record<string, TodoScope> = {
    workspace: { workspaceId: room },
    mine: { responsibleId: user, workspaceIds: [room] },
  };
  console.log(`\nPages, relative to ${short(SIZES[0]!)} todos, medians of ${ROUNDS} rounds:\n`);
  printRow(['list', ...SIZES.map(short), 'smallest, ms']);
  printRow(['---', ...SIZES.map(() => '--:'), '--:']);
  let flat = true;
  for (const [whose, scope] of Object.entries(scopes))
    for (const [name, filter] of Object.entries(filters))
      for (const sort of SORTS as (keyof typeof ORDERS)[]) {
        const query = Object.assign(new TodosQuery(), filter, { sort });
        const { text, values } = statement(scope, query, ORDERS[sort].keyset.first, LIMIT, now);
        const medians = await interleaved(
          clients.map((client) => async () => {
            const page = await client.query(text, values); // planned each time, as in the api
            if (page.rows.length === 0) throw new Error(`${name} found nothing.`);
          }),
        );
        const [before, largest] = medians.slice(-2) as [number, number];
        const dear = largest > GOAL * before && largest - before > NOISE_MS;
        if (dear) flat = false;
        const ratios = medians.map((each) => (each / medians[0]!).toFixed(2));
        printRow([
          `${whose}, ${name}, ${String(sort)}${dear ? ' ✗' : ''}`,
          ...ratios,
          medians[0]!.toFixed(2),
        ]);
      }
  console.log(
    flat
      ? '\n✓ no page becomes slower with the todos of others'
      : '\n✗ a page becomes slower with the todos of others',
  );
  return flat;
}

/** @returns the median milliseconds of each call; calls are interleaved */
async function interleaved(calls: readonly (() => Promise<void>)[]): Promise<number[]> {
  const times = calls.map((): number[] => []);
  for (let round = -WARM_UP; round < ROUNDS; round += 1)
    for (const [index, call] of calls.entries()) {
      const began = performance.now();
      await call();
      if (round >= 0) times[index]!.push(performance.now() - began);
    }
  return times.map(median);
}

await main();
