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

/** Maximum number of tags on a todo. */
export const MAX_TAGS = 20;

/** From the least to the most important; the index is what is stored. */
export const PRIORITIES = ['low', 'medium', 'high'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** The content of a todo. */
export interface TodoContent {
  title: string;
  description: string | null;
  priority: Priority;
  /** When it is due. */
  dueDate: Date | null;
  parentId: string | null;
  /** A category of the user who set it. */
  categoryId: string | null;
  assigneeId: string | null;
  /** RRULE of RFC 5545, normalized. */
  recurrence: string | null;
  /** IANA name of the time zone of `recurrence`; null if there is no recurrence. */
  timeZone: string | null;
  /** Position in an order that clients define. */
  sortOrder: number;
  /** `#rrggbb`. */
  color: string | null;
  /** From 1, easy, to 5. */
  difficulty: number | null;
}

/** The default content of a new todo, except its title. */
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
  /** The next todo of the series, created when this one was completed. */
  nextId: string | null;
  completedAt: Date | null;
  completedBy: string | null;
  createdAt: Date;
  updatedAt: Date;
}

/** Progress of a todo that was created elsewhere and is imported. */
export interface Progress {
  status: TodoStatus;
  completedAt: Date | null;
  createdAt: Date;
}

/** How a recurring todo continues. Input of {@link Todo.complete}. */
export interface Cadence {
  /** Whether it is due on a later day than today, in its time zone. */
  future: boolean;
  /** The next due date; null at the end of the series. */
  next: Date | null;
}

/** Allowed changes of status, besides {@link Todo.complete} and {@link Todo.reopen}. */
const REACHABLE: Record<TodoStatus, readonly TodoStatus[]> = {
  DRAFT: ['PENDING', 'ARCHIVED'],
  PENDING: ['DRAFT', 'ARCHIVED'],
  COMPLETED: ['ARCHIVED'],
  ARCHIVED: [],
};

/** A todo in a workspace. */
export class Todo extends Aggregate<TodoState> {
  /** Whether it belongs to a large import batch. Its events contain this. */
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

  /** Whether it is neither completed nor archived. */
  get open(): boolean {
    return this.state.status === 'DRAFT' || this.state.status === 'PENDING';
  }

  /**
   * Changes the content. A new due date or rule restarts the series from that date.
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
   * Applies the content of an imported file, with any change of status. Completing a todo this way does not create the
   * next todo of its series: if there is one, the file contains it.
   *
   * @param changes undefined fields keep their values
   * @param beside names of changed parts that are stored separately
   * @param by the user who imports the file
   * @param imported whether it belongs to a large batch
   * @returns names of what has changed; if empty, there is nothing to store
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
   * Completes it. Idempotent.
   *
   * @param by who did it
   * @param cadence of a recurring todo; null for any other
   * @returns the next todo of its series; null at the end of the series, for a todo that does not recur, and if the next
   *   one exists already
   * @throws Rejection `todos.status-unreachable` for an archived todo, `todos.future-occurrence`
   */
  complete(by: string, now: Date, cadence: Cadence | null): Todo | null {
    if (this.state.status === 'COMPLETED') return null;
    if (!this.open) throw new Rejection(StatusUnreachable);
    if (cadence?.future) throw new Rejection(FutureOccurrence);
    Object.assign(this.state, { status: 'COMPLETED', completedAt: now, completedBy: by, updatedAt: now });
    const { workspaceId, authorId, assigneeId } = this.state;
    this.raise(TodoCompleted, { workspaceId, authorId, assigneeId });
    // A todo that was reopened already has a successor.
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
   * Makes it pending again.
   *
   * @throws Rejection `todos.status-unreachable` unless it is completed or archived
   */
  reopen(now: Date): void {
    if (this.open) throw new Rejection(StatusUnreachable);
    Object.assign(this.state, { status: 'PENDING', completedAt: null, completedBy: null });
    this.changed(['status'], now);
  }

  /**
   * Archives it.
   *
   * @returns whether it was not archived before
   */
  archive(now: Date): boolean {
    return this.update({ status: 'ARCHIVED' }, now);
  }

  /** Records that its tags changed. They are stored separately. */
  retag(now: Date): void {
    this.changed(['tags'], now);
  }

  /**
   * Unassigns a user who is no longer a member.
   *
   * @returns whether it was assigned to them
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
