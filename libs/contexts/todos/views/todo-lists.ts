import { Injectable } from '@nestjs/common';
import { Clock } from '@rookery/domain';
import { type RowStream, RowStreams, SearchBulkhead, Sql } from '@rookery/persistence';
import { type Page, paged } from '@rookery/web';
import { PRIORITIES } from '../model/todo';
import { DUE, nameOfList, ORDERS, TodosQuery } from './todo-filters';
import { searchTerms } from './search-terms';
import { TODO_COLUMNS, type TodoView } from './todo';

/** Whose todos: those of a workspace, or those that a user has to do in some workspaces. */
export type TodoScope = { workspaceId: string } | { responsibleId: string; workspaceIds: readonly string[] };

/** Rows of a stream in memory, and how long it may hold its connection. */
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

  /** @returns one page of what the query asks for; the caller may see all of the scope */
  page(scope: TodoScope, query: TodosQuery): Promise<Page<TodoView>> {
    const name = 'workspaceId' in scope ? scope.workspaceId : `mine:${scope.responsibleId}`;
    return paged(query, nameOfList(name, query), ORDERS[query.sort].keyset, (after, limit) => {
      const read = () => this.read(scope, query, after, limit);
      return query.search === '' ? read() : this.searches.run(read);
    });
  }

  /**
   * @param after position in the order of the query
   * @returns at most `limit` todos beyond it
   */
  read(scope: TodoScope, query: TodosQuery, after: readonly unknown[], limit: number): Promise<TodoView[]> {
    const { text, values } = statement(scope, query, after, limit, this.clock.now());
    return this.sql.rowsUnprepared<TodoView & Record<string, unknown>>(text, values);
  }

  /** @returns all todos of a workspace, oldest first, by one statement; close it */
  stream(workspaceId: string): Promise<RowStream<TodoView>> {
    const all = Object.assign(new TodosQuery(), { sort: 'asc' });
    const { text, values } = statement({ workspaceId }, all, ORDERS.asc.keyset.first, null, this.clock.now());
    return this.streams.start<TodoView>(text, values, BATCH_SIZE, STREAM_LIMIT_MS);
  }
}

/** The statement of a page, or of all with null as limit; exported so that its plans can be tested. */
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
  let word: string;
  if ('workspaceId' in scope) {
    conditions.push(`todo.workspace_id = ${place(scope.workspaceId)}::uuid`);
    word = `w${scope.workspaceId}`;
  } else {
    conditions.push(`todo.responsible_id = ${place(scope.responsibleId)}::uuid`);
    conditions.push(`todo.workspace_id = ANY (${place(scope.workspaceIds)}::uuid[])`);
    word = `r${scope.responsibleId}`;
  }
  const { status, priority, tag, categoryId, parentId, assigneeId, dueFrom, dueTo, overdue, search } = query;
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
  if (tag !== undefined) {
    from += ' JOIN todos.todo_tags tagged ON tagged.todo_id = todo.id';
    if (UUID.test(tag)) conditions.push(`tagged.tag_id = ${place(tag)}::uuid`);
    else conditions.push(`tagged.name = ${place(tag)}`, 'tagged.workspace_id = todo.workspace_id');
    if ('workspaceId' in scope) conditions.push(`tagged.workspace_id = ${place(scope.workspaceId)}::uuid`);
  }
  if (categoryId !== undefined) conditions.push(`todo.category_id = ${place(categoryId)}::uuid`);
  if (parentId !== undefined) conditions.push(`todo.parent_id = ${place(parentId)}::uuid`);
  if (assigneeId !== undefined) conditions.push(`todo.assignee_id = ${place(assigneeId)}::uuid`);
  if (dueFrom !== undefined) conditions.push(`${DUE} >= ${place(dueFrom)}::timestamptz`);
  if (dueTo !== undefined) conditions.push(`${DUE} <= ${place(dueTo)}::timestamptz`);
  // What has no due date is due at infinity.
  if (dueFrom !== undefined && dueTo === undefined) conditions.push(`${DUE} < 'infinity'`);
  if (overdue !== undefined) {
    const late = `todo.status = 'PENDING' AND ${DUE} < ${place(now)}::timestamptz`;
    conditions.push(overdue ? late : `NOT (${late})`);
  }
  if (search !== '')
    conditions.push(
      `todo.search @@ (websearch_to_tsquery('simple', ${place(searchTerms(search))}) && quote_literal(${place(word)})::tsquery)`,
    );
  const { beyond, by } = ORDERS[query.sort];
  conditions.push(beyond(after.map(place)));
  const text = `SELECT ${TODO_COLUMNS} FROM ${from} WHERE ${conditions.join(' AND ')} ORDER BY ${by} LIMIT ${place(limit)}`;
  return { text, values };
}
