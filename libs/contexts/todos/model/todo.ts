import { Aggregate, type AggregateState, newId, Rejection } from '@rookery/domain';
import {
  TodoCompleted,
  TodoCreated,
  TodoDeleted,
  TodoRolledOver,
  type TodoStatus,
  TodoUpdated,
} from '../contract';
import { FutureOccurrence, ParentUnsuitable, RecurrenceNeedsDueDate, StatusUnreachable } from './rejections';

/** Tags on one todo. */
export const MAX_TAGS = 20;

/** From the least to the most important; the index is what is stored. */
export const PRIORITIES = ['low', 'medium', 'high'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** What people say about a todo. */
export interface TodoContent {
  title: string;
  description: string | null;
  priority: Priority;
  /** When it has to be done. */
  dueDate: Date | null;
  parentId: string | null;
  /** A category of whoever set it. */
  categoryId: string | null;
  assigneeId: string | null;
  /** RRULE of RFC 5545, normalized. */
  recurrence: string | null;
  /** IANA name: where the clock is that `recurrence` follows; null without one. */
  timeZone: string | null;
  /** Place in an order of one's own. */
  sortOrder: number;
  /** `#rrggbb`. */
  color: string | null;
  /** From 1, easy, to 5. */
  difficulty: number | null;
}

/** What a new todo says besides its title, unless somebody says more. */
export const NO_CONTENT: Omit<TodoContent, 'title'> = {
  description: null,
  priority: 'medium',
  dueDate: null,
  parentId: null,
  categoryId: null,
  assigneeId: null,
  recurrence: null,
  timeZone: null,
  sortOrder: 0,
  color: null,
  difficulty: null,
};

export interface TodoState extends AggregateState, TodoContent {
  workspaceId: string;
  /** Null once the account of the author is erased. */
  authorId: string | null;
  status: TodoStatus;
  /** First due date of the series: COUNT counts from here. */
  seriesStart: Date | null;
  /** The todo that followed when this one was completed. */
  nextId: string | null;
  completedAt: Date | null;
  completedBy: string | null;
  createdAt: Date;
  updatedAt: Date;
}

/** How far a todo is that was not written here, but elsewhere. */
export interface Progress {
  status: TodoStatus;
  completedAt: Date | null;
  createdAt: Date;
}

/** When a recurring todo comes again, as {@link Todo.complete} needs it. */
export interface Cadence {
  /** Whether this one is due on a later day than today, where its clock is. */
  future: boolean;
  /** The next due date; null at the end of the series. */
  next: Date | null;
}

/** Which status can be left for which by changing it. Completing and reopening are {@link Todo.complete} and {@link Todo.reopen}. */
const REACHABLE: Record<TodoStatus, readonly TodoStatus[]> = {
  DRAFT: ['PENDING', 'ARCHIVED'],
  PENDING: ['DRAFT', 'ARCHIVED'],
  COMPLETED: ['ARCHIVED'],
  ARCHIVED: [],
};

/** Something to be done, in a workspace. */
export class Todo extends Aggregate<TodoState> {
  /** Whether it is one of many of an import, as its events say then. */
  private imported = false;

  /**
   * @throws Rejection `todos.recurrence-needs-due-date`, `todos.parent-unsuitable`
   */
  static create(
    {
      workspaceId,
      authorId,
      status = 'PENDING',
      completedAt = null,
      createdAt,
      imported = false,
    }: { workspaceId: string; authorId: string; imported?: boolean } & Partial<Progress>,
    content: TodoContent,
    now: Date,
  ): Todo {
    const todo = new Todo({
      ...content,
      id: newId(),
      version: 0,
      workspaceId,
      authorId,
      status,
      seriesStart: content.recurrence === null ? null : content.dueDate,
      nextId: null,
      completedAt: completedAt ?? (status === 'COMPLETED' ? now : null),
      completedBy: null,
      createdAt: createdAt ?? now,
      updatedAt: now,
    });
    todo.verifySeries();
    todo.imported = imported;
    const { assigneeId, parentId } = content;
    todo.raise(TodoCreated, { workspaceId, authorId, assigneeId, parentId, status, ...todo.origin() });
    return todo;
  }

  get workspaceId(): string {
    return this.state.workspaceId;
  }

  get recurs(): boolean {
    return this.state.recurrence !== null;
  }

  /** Whether there is something left to do. */
  get open(): boolean {
    return this.state.status === 'DRAFT' || this.state.status === 'PENDING';
  }

  /**
   * Changes what it says. A new due date or rule begins the series anew from that date.
   *
   * @param changes undefined fields keep their values
   * @returns whether it has changed
   * @throws Rejection `todos.status-unreachable`, `todos.recurrence-needs-due-date`, `todos.parent-unsuitable`
   */
  update(changes: Partial<TodoContent> & { status?: TodoStatus }, now: Date): boolean {
    const changed = this.differing(changes);
    if (changed.length === 0) return false;
    const { status } = changes;
    if (changed.includes('status') && !REACHABLE[this.state.status].includes(status!))
      throw new Rejection(StatusUnreachable);
    this.assign(changes, changed);
    this.changed(changed, now);
    return true;
  }

  /**
   * Makes it what a file says that it is, from any status to any other. Completing it that way is completing it alone:
   * the file holds what follows in its series, if anything does.
   *
   * @param changes undefined fields keep their values
   * @param beside names of what has changed and is stored beside it
   * @param by who says it
   * @param imported whether it is one of many
   * @returns what has changed; if nothing has, there is nothing to store
   * @throws Rejection `todos.recurrence-needs-due-date`, `todos.parent-unsuitable`
   */
  replace(
    changes: Partial<TodoContent & Pick<Progress, 'status' | 'completedAt'>>,
    beside: readonly string[],
    by: string,
    now: Date,
    imported = false,
  ): string[] {
    this.imported = imported;
    const { status = this.state.status } = changes;
    const done = status === 'COMPLETED' || status === 'ARCHIVED';
    const since = changes.completedAt ?? this.state.completedAt;
    const completedAt = done ? (since ?? (status === 'COMPLETED' ? now : null)) : null;
    const all = { ...changes, completedAt };
    const changed = this.differing(all);
    if (changed.length + beside.length === 0) return [];
    const completes = changed.includes('status') && status === 'COMPLETED';
    this.assign(all, changed);
    if (!done) this.state.completedBy = null;
    if (completes) this.state.completedBy = by;
    this.changed([...changed, ...beside], now);
    const { workspaceId, authorId, assigneeId } = this.state;
    if (completes) this.raise(TodoCompleted, { workspaceId, authorId, assigneeId, ...this.origin() });
    return [...changed, ...beside];
  }

  /**
   * Marks it as done; once is enough.
   *
   * @param by who did it
   * @param cadence of a recurring todo; null for any other
   * @returns the next one of its series; null at its end, for a todo that does not recur, and if there is one already
   * @throws Rejection `todos.status-unreachable` for an archived todo, `todos.future-occurrence`
   */
  complete(by: string, now: Date, cadence: Cadence | null): Todo | null {
    if (this.state.status === 'COMPLETED') return null;
    if (!this.open) throw new Rejection(StatusUnreachable);
    if (cadence?.future) throw new Rejection(FutureOccurrence);
    Object.assign(this.state, { status: 'COMPLETED', completedAt: now, completedBy: by, updatedAt: now });
    const { workspaceId, authorId, assigneeId } = this.state;
    this.raise(TodoCompleted, { workspaceId, authorId, assigneeId });
    // One that was reopened has its successor already.
    if (!cadence?.next || this.state.nextId !== null) return null;
    const next = Todo.create(
      { workspaceId, authorId: authorId ?? by },
      { ...this.content(), dueDate: cadence.next },
      now,
    );
    next.state.seriesStart = this.state.seriesStart;
    this.state.nextId = next.id;
    this.raise(TodoRolledOver, { workspaceId, nextId: next.id, nextDueDate: cadence.next.toISOString() });
    return next;
  }

  /**
   * It is to be done again.
   *
   * @throws Rejection `todos.status-unreachable` unless it is completed or archived
   */
  reopen(now: Date): void {
    if (this.open) throw new Rejection(StatusUnreachable);
    Object.assign(this.state, { status: 'PENDING', completedAt: null, completedBy: null });
    this.changed(['status'], now);
  }

  /**
   * Nobody sees it in what is to be done or was done any more, except who asks for archived todos.
   *
   * @returns whether it was not archived before
   */
  archive(now: Date): boolean {
    return this.update({ status: 'ARCHIVED' }, now);
  }

  /** Its tags were changed; they are stored beside it. */
  retag(now: Date): void {
    this.changed(['tags'], now);
  }

  /**
   * A user is no member any more.
   *
   * @returns whether they had it to do
   */
  unassign(userId: string, now: Date): boolean {
    return this.state.assigneeId === userId && this.update({ assigneeId: null }, now);
  }

  delete(): void {
    const { workspaceId, parentId } = this.state;
    this.raise(TodoDeleted, { workspaceId, parentId });
  }

  private origin(): { imported?: true } {
    return this.imported ? { imported: true } : {};
  }

  private content(): TodoContent {
    const { title, description, priority, dueDate, parentId, categoryId, assigneeId } = this.state;
    const { recurrence, timeZone, sortOrder, color, difficulty } = this.state;
    return {
      title,
      description,
      priority,
      dueDate,
      parentId,
      categoryId,
      assigneeId,
      recurrence,
      timeZone,
      sortOrder,
      color,
      difficulty,
    };
  }

  private differing(changes: Partial<TodoState>): (keyof TodoState)[] {
    return (Object.keys(changes) as (keyof TodoState)[]).filter(
      (field) => changes[field] !== undefined && !isSame(changes[field], this.state[field]),
    );
  }

  private assign(changes: Partial<TodoState>, changed: readonly (keyof TodoState)[]): void {
    for (const field of changed) Object.assign(this.state, { [field]: changes[field] });
    if (changed.includes('dueDate') || changed.includes('recurrence'))
      this.state.seriesStart = this.recurs ? this.state.dueDate : null;
    if (!this.recurs) this.state.timeZone = null;
    this.verifySeries();
  }

  private changed(fields: string[], now: Date): void {
    this.state.updatedAt = now;
    const { workspaceId, status, assigneeId } = this.state;
    this.raise(TodoUpdated, { workspaceId, status, assigneeId, changed: fields, ...this.origin() });
  }

  private verifySeries(): void {
    if (!this.recurs) return;
    if (this.state.dueDate === null) throw new Rejection(RecurrenceNeedsDueDate);
    if (this.state.parentId !== null) throw new Rejection(ParentUnsuitable);
  }
}

function isSame(one: unknown, other: unknown): boolean {
  return one instanceof Date && other instanceof Date ? one.getTime() === other.getTime() : one === other;
}
