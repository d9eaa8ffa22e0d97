import { Injectable } from '@nestjs/common';
import { Clock, FieldError, occurred, Rejection, Rules } from '@rookery/domain';
import { Outbox } from '@rookery/persistence';
import { isUuid } from '@rookery/web';
import { MAX_TAGS, Memberships } from '../../workspaces/contract';
import { TodosImported } from '../events';
import {
  AssigneeUnsuitable,
  ParentUnsuitable,
  RecurrenceInvalid,
  TooManySubTodos,
  TooManyTodos,
} from '../model/rejections';
import { NO_CONTENT, Todo, type TodoContent } from '../model/todo';
import { ImportKeys } from '../storage/import-keys';
import { MAX_SUB_TODOS, MAX_TODOS, Todos } from '../storage/todos';
import { TodoTags } from '../storage/todo-tags';
import { calendarRule, calendarText } from '../views/calendar';
import { assertComesAgain, parseRule } from './cadence';
import { type FileRow, nextTurn } from './import-file';
import {
  namedTwice,
  type ReadFile,
  type ReadRow,
  readRows,
  type RowOutcome,
  type TodoRow,
} from './import-rows';

/** A larger batch gets one frame for all of its rows. */
const MAX_SINGLE = 20;
/** Maximum number of recurrence rules of a file that are evaluated: each takes milliseconds. */
const MAX_SEARCHES = 500;

/** A todo that rows can refer to as their parent. */
interface Known {
  id: string;
  parentId: string | null;
}

/** State of the import of one file, shared by its batches. */
export interface ImportState {
  workspaceId: string;
  actorId: string;
  /** IANA name of the time zone for recurrences that have none. */
  timeZone: string;
  /** Todos that rows can refer to as their parent, by key. */
  known: Map<string, Known>;
  /** Ids of todos that already occurred in a row. */
  named: Set<string>;
  /** Number of sub-todos, by the id of the parent. */
  children: Map<string, number>;
  /** Number of recurrence rules evaluated so far. */
  searches: number;
  /** Names of the tags of the workspace in lower case, including those that rows add. */
  tags: Set<string> | undefined;
  /** Number of todos that can still be added to the workspace; undefined until it is read. */
  room: number | undefined;
}

/** The changes of a batch, before they are stored. */
interface Plan {
  /** Whether the batch is too large for one frame for each todo. */
  imported: boolean;
  outcomes: RowOutcome[];
  /** Created and changed todos. */
  todos: Todo[];
  /** New names of tags, by the id of the todo. */
  tags: Map<string, readonly string[]>;
  /** Keys of new todos, by id. */
  keys: Map<string, string>;
}

/**
 * Imports todos from files. One method decides the outcome of a row, for both the preview and the import. The number of
 * statements for a batch does not depend on its size.
 */
@Injectable()
export class TodoImports {
  constructor(
    private readonly clock: Clock,
    private readonly keys: ImportKeys,
    private readonly memberships: Memberships,
    private readonly outbox: Outbox,
    private readonly tags: TodoTags,
    private readonly todos: Todos,
  ) {}

  /**
   * Validates the rows of a file.
   *
   * @returns the rows with valid fields, parents before sub-todos; the outcomes of the others, with at most 100 errors in
   *   total; and the number of errors that these outcomes leave out
   */
  read(file: readonly FileRow[]): Promise<ReadFile> {
    return readRows(file, this.clock.now());
  }

  /** @returns the outcomes that the rows would have */
  async preview(state: ImportState, rows: readonly ReadRow[]): Promise<RowOutcome[]> {
    const members = await this.memberships.membersOf(state.workspaceId);
    const roles = new Map(members.map(({ userId, role }) => [userId, role]));
    const { outcomes } = await this.plan(state, rows, roles, false);
    return outcomes.map(({ id, ...outcome }) =>
      outcome.action === 'created' ? outcome : { id, ...outcome },
    );
  }

  /**
   * Stores rows in the current transaction. The caller has locked the roles of the user and of the assignees.
   */
  async apply(
    state: ImportState,
    rows: readonly ReadRow[],
    roles: ReadonlyMap<string, string>,
  ): Promise<RowOutcome[]> {
    await this.keys.lock(state.workspaceId);
    const { outcomes, todos, tags, keys } = await this.plan(state, rows, roles, true);
    await this.todos.saveAll(todos);
    if (todos.length > 0) {
      const imported = {
        workspaceId: state.workspaceId,
        count: todos.length,
        many: rows.length > MAX_SINGLE,
      };
      await this.outbox.append([occurred(TodosImported, imported)]);
    }
    await this.keys.add(state.workspaceId, keys);
    if (tags.size > 0)
      await this.tags.replaceAll(state.workspaceId, tags, await this.tagsNamed(state.workspaceId, tags));
    return outcomes;
  }

  /** @returns rows whose tags fit into the workspace; the tags that it does not have yet; and the other rows, refused */
  async admitTags(
    state: ImportState,
    rows: readonly ReadRow[],
  ): Promise<{ admitted: ReadRow[]; missing: string[]; refused: RowOutcome[] }> {
    if (!state.tags && rows.some(({ values }) => values.tags?.length)) {
      const present = await this.memberships.allTagsOf(state.workspaceId);
      state.tags = new Set(present.map(({ name }) => name.toLowerCase()));
    }
    const tags = state.tags ?? new Set();
    const admitted: ReadRow[] = [];
    const missing: string[] = [];
    const refused: RowOutcome[] = [];
    for (const row of rows) {
      const added = (row.values.tags ?? []).filter((name) => !tags.has(name.toLowerCase()));
      if (tags.size + added.length > MAX_TAGS) {
        const message = `A workspace can have at most ${MAX_TAGS} tags.`;
        const error = FieldError.of(Rules.range, 'tags', { max: MAX_TAGS }, message);
        refused.push({ row: row.row, action: 'refused', errors: [error] });
        continue;
      }
      for (const name of added) tags.add(name.toLowerCase());
      missing.push(...added);
      admitted.push(row);
    }
    return { admitted, missing, refused };
  }

  /** @param roles the roles of the users whom rows refer to, if they are in the workspace */
  private async plan(
    state: ImportState,
    rows: readonly ReadRow[],
    roles: ReadonlyMap<string, string>,
    locked: boolean,
  ): Promise<Plan> {
    const { workspaceId } = state;
    const keys = rows
      .flatMap(({ key, values }) => [key, values.parentId ?? null])
      .filter((key) => key !== null);
    const mapped = await this.keys.find(workspaceId, keys);
    const ids = keys.flatMap((key) => [mapped.get(key) ?? [], isUuid(key) ? key.toLowerCase() : []].flat());
    const all = await this.todos.findAll([...new Set(ids)], { workspaceId }, locked);
    const stored = new Map(all.map((todo) => [todo.id, todo]));
    const present = (key: string) => stored.get(key.toLowerCase()) ?? stored.get(mapped.get(key) ?? '');
    for (const key of keys) {
      const todo = present(key);
      if (todo && !state.known.has(key))
        state.known.set(key, { id: todo.id, parentId: todo.snapshot().parentId });
    }
    // A preview stores nothing, so the todos that earlier rows would create are counted here.
    if (locked) state.room = MAX_TODOS - (await this.todos.lockCount(workspaceId));
    else state.room ??= MAX_TODOS - (await this.todos.countOf(workspaceId));
    const families = rows.some(({ values }) => values.parentId) ? all.map(({ id }) => id) : [];
    const counts = await this.todos.countChildren(families.filter((id) => !state.children.has(id)));
    for (const [id, count] of counts) state.children.set(id, count);
    const tagged = await this.tags.namesOf([...stored.keys()]);

    const plan: Plan = {
      imported: rows.length > MAX_SINGLE,
      outcomes: [],
      todos: [],
      tags: new Map(),
      keys: new Map(),
    };
    for (const row of rows) {
      const { searches } = state;
      try {
        const todo = row.key === null ? undefined : present(row.key);
        // The file refers to it twice: by its id and by the key of an earlier import.
        if (todo && state.named.has(todo.id)) {
          plan.outcomes.push({ row: row.row, action: 'refused', errors: [namedTwice()] });
          continue;
        }
        if (todo) state.named.add(todo.id);
        plan.outcomes.push(this.decide(state, row, todo, tagged.get(todo?.id ?? '') ?? [], roles, plan));
      } catch (error) {
        if (!(error instanceof Rejection)) throw error;
        const errors = error.errors ?? [FieldError.of(Rules.custom, '', { rule: error.code }, error.message)];
        plan.outcomes.push({ row: row.row, action: 'refused', errors });
      }
      if (state.searches > searches) await nextTurn();
    }
    return plan;
  }

  private decide(
    state: ImportState,
    { row, key, coarse, values }: ReadRow,
    todo: Todo | undefined,
    tagged: readonly string[],
    roles: ReadonlyMap<string, string>,
    plan: Plan,
  ): RowOutcome {
    const now = this.clock.now();
    const before = todo?.snapshot();
    const { tags, status, completedAt, createdAt, ...said } = values;
    const content = contentOf(said, state, before, coarse);
    if (said.assigneeId && said.assigneeId !== before?.assigneeId) {
      const role = roles.get(said.assigneeId);
      if (role === undefined || role === 'guest') throw new Rejection(AssigneeUnsuitable);
    }
    if (said.parentId !== undefined) content.parentId = parentOf(state, said.parentId, before ?? null);
    const done = completedAt === undefined ? undefined : new Date(completedAt);
    const tagsDiffer = tags !== undefined && !sameNames(tags, tagged);
    if (!todo) {
      if (state.room! <= 0) throw new Rejection(TooManyTodos);
      const created = Todo.create(
        {
          workspaceId: state.workspaceId,
          authorId: state.actorId,
          imported: plan.imported,
          status: status ?? 'PENDING',
          completedAt: status === 'COMPLETED' || status === 'ARCHIVED' ? (done ?? null) : null,
          ...(createdAt !== undefined && { createdAt: new Date(createdAt) }),
        },
        { ...NO_CONTENT, ...content, title: said.title },
        now,
      );
      state.room! -= 1;
      plan.todos.push(created);
      if (tagsDiffer) plan.tags.set(created.id, tags);
      if (key !== null) plan.keys.set(created.id, key);
      remember(state, key, null, created);
      return { row, action: 'created', id: created.id };
    }
    const parentBefore = before!.parentId;
    // A calendar has no drafts: an open todo keeps its status.
    const progress = coarse && status === undefined ? (todo.open ? before!.status : 'PENDING') : status;
    const changed = todo.replace(
      {
        ...content,
        ...(progress && { status: progress }),
        completedAt: sooner(done, before!.completedAt, coarse),
      },
      tagsDiffer ? ['tags'] : [],
      state.actorId,
      now,
      plan.imported,
    );
    remember(state, key, parentBefore, todo);
    if (changed.length === 0) return { row, action: 'unchanged', id: todo.id };
    plan.todos.push(todo);
    if (tagsDiffer) plan.tags.set(todo.id, tags);
    return { row, action: 'updated', id: todo.id, changed };
  }

  /** @returns the tags of the workspace with these names, by the name in lower case, locked against deletion */
  private async tagsNamed(
    workspaceId: string,
    wanted: ReadonlyMap<string, readonly string[]>,
  ): Promise<Map<string, { id: string; name: string }>> {
    const names = new Set([...wanted.values()].flat().map((name) => name.toLowerCase()));
    if (names.size === 0) return new Map();
    const tags = (await this.memberships.allTagsOf(workspaceId)).filter(({ name }) =>
      names.has(name.toLowerCase()),
    );
    const locked = await this.memberships.lockTags(
      workspaceId,
      tags.map(({ id }) => id),
    );
    return new Map(locked.map((tag) => [tag.name.toLowerCase(), tag]));
  }
}

function contentOf(
  { dueDate, recurrence, timeZone, ...rest }: Omit<TodoRow, 'tags' | 'status' | 'completedAt' | 'createdAt'>,
  state: ImportState,
  before: Readonly<TodoContent> | undefined,
  coarse: boolean,
): Partial<TodoContent> {
  const content: Partial<TodoContent> = { ...rest };
  if (coarse && before)
    for (const field of ['title', 'description'] as const)
      if (before[field] !== null && content[field] === calendarText(before[field])) delete content[field];
  if (dueDate !== undefined)
    content.dueDate = dueDate === null ? null : sooner(new Date(dueDate), before?.dueDate ?? null, coarse);
  if (recurrence !== undefined) content.recurrence = recurrence === null ? null : parseRule(recurrence);
  if (coarse && before?.recurrence && content.recurrence === calendarRule(before.recurrence, before.timeZone))
    delete content.recurrence;
  const rule = content.recurrence === undefined ? before?.recurrence : content.recurrence;
  if (!rule) return content;
  content.timeZone = timeZone ?? before?.timeZone ?? state.timeZone;
  const start = content.dueDate === undefined ? before?.dueDate : content.dueDate;
  const same =
    before !== undefined && rule === before.recurrence && start?.getTime() === before.dueDate?.getTime();
  // Without a due date it violates another rule, which the model checks.
  if (start && !same) {
    if ((state.searches += 1) > MAX_SEARCHES) throw tooManyRules();
    assertComesAgain({ rule, start, timeZone: content.timeZone });
  }
  return content;
}

/** Rules that are already imported are not evaluated again, so sending the same file again continues the import. */
function tooManyRules(): Rejection {
  const message = `An import can add at most ${MAX_SEARCHES} new recurrence rules at a time. Send the file again to import the rest.`;
  const error = FieldError.of(Rules.range, 'recurrence', { max: MAX_SEARCHES }, message);
  return new Rejection(RecurrenceInvalid, { errors: [error] });
}

/** @returns the earlier value if it is equal to the second: a calendar has no fractions of a second */
function sooner<T extends Date | undefined>(said: T, before: Date | null, coarse: boolean): T | Date {
  if (!coarse || !said || !before) return said;
  return Math.floor(said.getTime() / 1_000) === Math.floor(before.getTime() / 1_000) ? before : said;
}

/** @throws Rejection `todos.parent-unsuitable`, `todos.too-many-sub-todos` */
function parentOf(
  { known, children }: ImportState,
  key: string | null,
  todo: { id: string; parentId: string | null } | null,
): string | null {
  if (key === null) return null;
  const parent = known.get(key);
  if (!parent || parent.parentId !== null || parent.id === todo?.id) throw new Rejection(ParentUnsuitable);
  if (parent.id === todo?.parentId) return parent.id;
  if (todo && (children.get(todo.id) ?? 0) > 0) throw new Rejection(ParentUnsuitable);
  if ((children.get(parent.id) ?? 0) >= MAX_SUB_TODOS) throw new Rejection(TooManySubTodos);
  return parent.id;
}

function remember(
  { known, children }: ImportState,
  key: string | null,
  parentBefore: string | null,
  todo: Todo,
): void {
  const { id, parentId } = todo.snapshot();
  if (key !== null) known.set(key, { id, parentId });
  if (parentId === parentBefore) return;
  const siblings = parentBefore === null ? undefined : children.get(parentBefore);
  if (siblings !== undefined) children.set(parentBefore!, siblings - 1);
  if (parentId !== null) children.set(parentId, (children.get(parentId) ?? 0) + 1);
}

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  const names = new Set(others.map((name) => name.toLowerCase()));
  return some.length === names.size && some.every((name) => names.has(name.toLowerCase()));
}
