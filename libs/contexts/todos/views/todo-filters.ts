import { FieldError, Rules } from '@rookery/domain';
import { type CursorPart, Field, Item, type Keyset, ListQuery, refused } from '@rookery/web';
import { STATUSES, type TodoStatus } from '../contract';
import { PRIORITIES, type Priority } from '../model/todo';
import type { TodoView } from './todo';

export const SORTS = ['desc', 'asc', 'dueDate', 'priority'] as const;
export type TodoSort = (typeof SORTS)[number];

/** Filters and order of a list of todos. */
export class TodosQuery extends ListQuery {
  @Field.list(Item.oneOf(STATUSES, 'TodoStatus'), {
    max: STATUSES.length,
    optional: true,
    description: 'Todos with any of these statuses.',
  })
  status?: TodoStatus[];

  @Field.list(Item.oneOf(PRIORITIES, 'TodoPriority'), {
    max: PRIORITIES.length,
    optional: true,
    description: 'Todos with any of these priorities.',
  })
  priority?: Priority[];

  @Field.text({
    max: 36,
    optional: true,
    description: 'Todos with this tag, given by its id or its name.',
    example: 'home',
  })
  tag?: string;

  @Field.uuid({ optional: true, description: 'Todos of this category.' })
  categoryId?: string;

  @Field.uuid({ optional: true, description: 'Sub-todos of this todo.' })
  parentId?: string;

  @Field.uuid({ optional: true, description: 'Todos that are assigned to this user.' })
  assigneeId?: string;

  @Field.dateTime({ optional: true, description: 'Todos that are due at or after this time.' })
  dueFrom?: string;

  @Field.dateTime({ optional: true, description: 'Todos that are due at or before this time.' })
  dueTo?: string;

  @Field.boolean({
    optional: true,
    description: '`true`: pending todos whose due date has passed. `false`: all other todos.',
  })
  overdue?: boolean;

  @Field.text({
    min: 0,
    max: 100,
    trim: true,
    default: '',
    description:
      'Words in title or description, not case-sensitive. Supports "a phrase", a or b, and -without.',
    example: 'plants -ferns',
  })
  search = '';

  @Field.oneOf(SORTS, {
    default: 'desc',
    description:
      '`desc`: newest first. `asc`: oldest first. `dueDate`: earliest due date first, todos without one last. `priority`: highest priority first, then newest first.',
  })
  sort: TodoSort = 'desc';
}

/** @throws RequestRefused `request.invalid` if the period ends before it begins */
export function assertDuePeriod({ dueFrom, dueTo }: TodosQuery): void {
  if (dueFrom === undefined || dueTo === undefined || Date.parse(dueFrom) <= Date.parse(dueTo)) return;
  throw refused([
    FieldError.of(Rules.range, 'dueFrom', { max: dueTo }, 'dueFrom must not be later than dueTo.'),
  ]);
}

/** @returns the name of a list for its cursors. It contains the filters and the order, because positions depend on them */
export function nameOfList(scope: string, query: TodosQuery): string {
  return `todos:${scope}:${JSON.stringify(Object.entries(query).filter(([key]) => key !== 'limit' && key !== 'cursor'))}`;
}

const MAX_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const MIN_ID = '00000000-0000-0000-0000-000000000000';
const MAX_PRIORITY = PRIORITIES.length;

/** Columns that lists are sorted by. */
export interface OrderColumns {
  id: string;
  /** Todos without a due date sort as due at infinity. */
  due: string;
  priority: string;
}

/** Columns of todos. */
export const OF_TODOS: OrderColumns = {
  id: 'todo.id',
  due: `coalesce(todo.due_at, 'infinity'::timestamptz)`,
  priority: 'todo.priority',
};

/** Copies of these columns beside the tag, so that the todos with a tag are read in order. */
export const OF_TAGGED: OrderColumns = {
  id: 'tagged.todo_id',
  due: 'tagged.due',
  priority: 'tagged.priority',
};

interface Order {
  /** Condition of the keyset, with a placeholder for each value of a position. */
  beyond: (columns: OrderColumns, places: readonly string[]) => string;
  by: (columns: OrderColumns) => string;
  keyset: Keyset<TodoView, readonly CursorPart[]>;
}

/** The orders of lists. Each has an index, within a workspace and within the todos of a user. */
export const ORDERS: Record<TodoSort, Order> = {
  desc: {
    beyond: (column, [id]) => `${column.id} < ${id}::uuid`,
    by: ({ id }) => `${id} DESC`,
    keyset: { first: [MAX_ID], of: ({ id }) => [id] },
  },
  asc: {
    beyond: (column, [id]) => `${column.id} > ${id}::uuid`,
    by: ({ id }) => id,
    keyset: { first: [MIN_ID], of: ({ id }) => [id] },
  },
  dueDate: {
    beyond: (column, [due, id]) => `(${column.due}, ${column.id}) > (${due}::timestamptz, ${id}::uuid)`,
    by: ({ due, id }) => `${due}, ${id}`,
    keyset: {
      first: ['-infinity', MIN_ID],
      of: ({ dueDate, id }) => [dueDate ? dueDate.toISOString() : 'infinity', id],
    },
  },
  priority: {
    beyond: (column, [priority, id]) =>
      `(${column.priority}, ${column.id}) < (${priority}::smallint, ${id}::uuid)`,
    by: ({ priority, id }) => `${priority} DESC, ${id} DESC`,
    keyset: { first: [MAX_PRIORITY, MAX_ID], of: ({ priority, id }) => [PRIORITIES.indexOf(priority), id] },
  },
};
