import { Injectable } from '@nestjs/common';
import { Clock } from '@rookery/domain';
import { type RowStream, RowStreams, SearchBulkhead, Sql } from '@rookery/persistence';
import { type Page, paged } from '@rookery/web';
import { PRIORITIES } from '../model/todo';
import { nameOfList, OF_TAGGED, OF_TODOS, ORDERS, TodosQuery } from './todo-filters';
import { searchTerms } from './search-terms';
import { TODO_COLUMNS, type TodoView } from './todo';

/** The todos of a workspace, or those that a user is responsible for in the given workspaces. */
export type TodoScope = { workspaceId: string } | { responsibleId: string; workspaceIds: readonly string[] };

/** Rows of a stream in memory, and how long it can hold its connection. */
const BATCH_SIZE = 500;
const STREAM_LIMIT_MS = 60_000;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Lists of todos: one statement for a page, whatever the filters. */
@Injectable()
export class TodoLists {
  constructor(
    private readonly clock: Clock,
    private readonly searches: SearchBulkhead,
    private readonly sql: Sql,
    private readonly streams: RowStreams,
  ) {}

  /** @returns one page of the query. The caller must be allowed to see the whole scope */
  page(scope: TodoScope, query: TodosQuery): Promise<Page<TodoView>> {
    const name = 'workspaceId' in scope ? scope.workspaceId : `mine:${scope.responsibleId}`;
    return paged(query, nameOfList(name, query), ORDERS[query.sort].keyset, (after, limit) => {
      const read = () => this.read(scope, query, after, limit);
      return query.search === '' ? read() : this.searches.run(read);
    });
  }

  /**
   * @param after a position in the order of the query
   * @returns at most `limit` todos after it
   */
  read(scope: TodoScope, query: TodosQuery, after: readonly unknown[], limit: number): Promise<TodoView[]> {
    const { text, values } = statement(scope, query, after, limit, this.clock.now());
    return this.sql.rowsUnprepared<TodoView & Record<string, unknown>>(text, values);
  }

  /** @returns a stream of all todos of a workspace, oldest first, by one statement. The caller must close it */
  stream(workspaceId: string): Promise<RowStream<TodoView>> {
    const all = Object.assign(new TodosQuery(), { sort: 'asc' });
    const { text, values } = statement({ workspaceId }, all, ORDERS.asc.keyset.first, null, this.clock.now());
    return this.streams.start<TodoView>(text, values, BATCH_SIZE, STREAM_LIMIT_MS);
  }
}

/** The statement for a page, or for all todos if the limit is null. Exported so that its query plans can be tested. */
export function statement(
  scope: TodoScope,
  query: TodosQuery,
  after: readonly unknown[],
  limit: number | null,
  now: Date,
): { text: string; values: unknown[] } {
  const values: unknown[] = [];
  const place = (value: unknown): string => `$${values.push(value)}`;
  const conditions: string[] = [];
  let from = 'todos.todos todo';
  if (query.tag !== undefined) {
    from += ' JOIN todos.todo_tags tagged ON tagged.todo_id = todo.id';
    conditions.push(...taggedWith(query.tag, scope, place));
  } else if ('workspaceId' in scope) {
    conditions.push(`todo.workspace_id = ${place(scope.workspaceId)}::uuid`);
  } else {
    conditions.push(`todo.responsible_id = ${place(scope.responsibleId)}::uuid`);
    conditions.push(`todo.workspace_id = ANY (${place(scope.workspaceIds)}::uuid[])`);
  }
  const word = 'workspaceId' in scope ? `w${scope.workspaceId}` : `r${scope.responsibleId}`;
  const { status, priority, tag, categoryId, parentId, assigneeId, dueFrom, dueTo, overdue, search } = query;
  const columns = tag === undefined ? OF_TODOS : OF_TAGGED;
  const oneOf = (column: string, type: string, all: readonly unknown[]): void => {
    conditions.push(
      all.length === 1
        ? `${column} = ${place(all[0])}::${type}`
        : `${column} = ANY (${place(all)}::${type}[])`,
    );
  };
  if (status) oneOf('todo.status', 'text', status);
  if (priority)
    oneOf(
      'todo.priority',
      'smallint',
      priority.map((each) => PRIORITIES.indexOf(each)),
    );
  if (categoryId !== undefined) conditions.push(`todo.category_id = ${place(categoryId)}::uuid`);
  if (parentId !== undefined) conditions.push(`todo.parent_id = ${place(parentId)}::uuid`);
  if (assigneeId !== undefined) conditions.push(`todo.assignee_id = ${place(assigneeId)}::uuid`);
  if (dueFrom !== undefined) conditions.push(`${columns.due} >= ${place(dueFrom)}::timestamptz`);
  if (dueTo !== undefined) conditions.push(`${columns.due} <= ${place(dueTo)}::timestamptz`);
  // Todos without a due date sort as due at infinity.
  if (dueFrom !== undefined && dueTo === undefined) conditions.push(`${columns.due} < 'infinity'`);
  if (overdue !== undefined) {
    const late = `todo.status = 'PENDING' AND ${columns.due} < ${place(now)}::timestamptz`;
    conditions.push(overdue ? late : `NOT (${late})`);
  }
  if (search !== '')
    conditions.push(
      `todo.search @@ (websearch_to_tsquery('simple', ${place(searchTerms(search))}) && quote_literal(${place(word)})::tsquery)`,
    );
  const { beyond, by } = ORDERS[query.sort];
  conditions.push(beyond(columns, after.map(place)));
  const text = `SELECT ${TODO_COLUMNS} FROM ${from} WHERE ${conditions.join(' AND ')} ORDER BY ${by(columns)} LIMIT ${place(limit)}`;
  return { text, values };
}

/**
 * Selects the todos of a scope that have a tag, as an index range in each order. The conditions use only columns of the
 * tag table: the planner has statistics for them together, but not for a join.
 */
function taggedWith(tag: string, scope: TodoScope, place: (value: unknown) => string): string[] {
  if ('workspaceId' in scope) {
    const workspace = `workspace_id = ${place(scope.workspaceId)}::uuid`;
    if (UUID.test(tag)) return [`tagged.tag_id = ${place(tag)}::uuid`, `tagged.${workspace}`];
    const idOfName = `SELECT tag_id FROM todos.todo_tags WHERE ${workspace} AND name = ${place(tag)} LIMIT 1`;
    return [`tagged.tag_id = (${idOfName})`, `tagged.${workspace}`];
  }
  return [
    `tagged.responsible_id = ${place(scope.responsibleId)}::uuid`,
    `tagged.workspace_id = ANY (${place(scope.workspaceIds)}::uuid[])`,
    UUID.test(tag) ? `tagged.tag_id = ${place(tag)}::uuid` : `tagged.name = ${place(tag)}`,
  ];
}
