import { newId, type Rejection } from '@rookery/domain';
import type { TodoStatus } from '../contract';
import { type Cadence, Todo, type TodoContent } from './todo';

const now = new Date('2026-03-02T10:00:00Z');
const later = new Date('2026-03-03T10:00:00Z');
const [workspaceId, ada, bob] = [newId(), newId(), newId()];
const CONTENT: TodoContent = {
  title: 'Water the plants',
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
const DAILY = { dueDate: now, recurrence: 'FREQ=DAILY', timeZone: 'UTC' };
const tomorrow: Cadence = { future: false, next: later };

const create = (content: Partial<TodoContent> = {}) =>
  Todo.create({ workspaceId, authorId: ada }, { ...CONTENT, ...content }, now);
const rejecting = (code: string) => expect.objectContaining({ code });
const eventsOf = (todo: Todo) => todo.takeEvents().map(({ definition, data }) => [definition.type, data]);

/** @returns a todo with the given status */
function withStatus(status: TodoStatus): Todo {
  const todo = create();
  if (status === 'DRAFT') todo.update({ status }, now);
  if (status === 'COMPLETED') todo.complete(ada, now, null);
  if (status === 'ARCHIVED') todo.archive(now);
  todo.takeEvents();
  return todo;
}

describe('A todo', () => {
  it('is pending when created, and its event has no title', () => {
    const todo = create({ assigneeId: bob });
    expect(todo.snapshot()).toMatchObject({ status: 'PENDING', authorId: ada, version: 1 });
    expect(eventsOf(todo)).toEqual([
      [
        'todos.todo-created',
        { workspaceId, authorId: ada, assigneeId: bob, parentId: null, status: 'PENDING' },
      ],
    ]);
  });

  it('reports the changed fields, and raises no event if nothing changed', () => {
    const todo = create({ dueDate: now });
    todo.takeEvents();
    expect(todo.update({ title: CONTENT.title, dueDate: new Date(now), description: undefined }, later)).toBe(
      false,
    );
    expect(todo.update({ title: 'Water them', priority: 'high', dueDate: null }, later)).toBe(true);
    expect(eventsOf(todo)).toEqual([
      [
        'todos.todo-updated',
        { workspaceId, status: 'PENDING', assigneeId: null, changed: ['title', 'priority', 'dueDate'] },
      ],
    ]);
    expect(todo.snapshot()).toMatchObject({
      title: 'Water them',
      dueDate: null,
      updatedAt: later,
      version: 2,
    });
  });

  it.each<[TodoStatus, TodoStatus[]]>([
    ['DRAFT', ['PENDING', 'ARCHIVED']],
    ['PENDING', ['DRAFT', 'ARCHIVED']],
    ['COMPLETED', ['ARCHIVED']],
    ['ARCHIVED', []],
  ])('that is %s can only be changed to %j', (from, reachable) => {
    const possible = (['DRAFT', 'PENDING', 'COMPLETED', 'ARCHIVED'] as const).filter((status) => {
      try {
        return withStatus(from).update({ status }, later);
      } catch (error) {
        return (error as Rejection).code !== 'todos.status-unreachable';
      }
    });
    expect(possible).toEqual(reachable);
  });

  it('is completed once', () => {
    const todo = withStatus('PENDING');
    expect(todo.complete(bob, later, null)).toBeNull();
    todo.complete(ada, new Date(), null);
    expect(eventsOf(todo)).toEqual([
      ['todos.todo-completed', { workspaceId, authorId: ada, assigneeId: null }],
    ]);
    expect(todo.snapshot()).toMatchObject({ status: 'COMPLETED', completedAt: later, completedBy: bob });
  });

  it('is reopened if it is completed or archived, which clears who completed it', () => {
    for (const status of ['COMPLETED', 'ARCHIVED'] as const) {
      const todo = withStatus(status);
      todo.reopen(later);
      expect(todo.snapshot()).toMatchObject({ status: 'PENDING', completedAt: null, completedBy: null });
      expect(eventsOf(todo)).toMatchObject([['todos.todo-updated', { changed: ['status'] }]]);
    }
    for (const status of ['DRAFT', 'PENDING'] as const)
      expect(() => withStatus(status).reopen(later)).toThrow(rejecting('todos.status-unreachable'));
  });

  it('is unassigned only from its assignee', () => {
    const todo = create({ assigneeId: bob });
    expect([todo.unassign(ada, later), todo.unassign(bob, later), todo.unassign(bob, later)]).toEqual([
      false,
      true,
      false,
    ]);
    expect(todo.snapshot().assigneeId).toBeNull();
  });

  it('cannot be completed while it is archived', () => {
    expect(() => withStatus('ARCHIVED').complete(ada, later, null)).toThrow(
      rejecting('todos.status-unreachable'),
    );
  });
});

describe('A recurring todo', () => {
  it('needs a due date and cannot be a sub-todo', () => {
    expect(() => create({ ...DAILY, dueDate: null })).toThrow(rejecting('todos.recurrence-needs-due-date'));
    expect(() => create({ ...DAILY, parentId: newId() })).toThrow(rejecting('todos.parent-unsuitable'));
    expect(() => create(DAILY).update({ dueDate: null }, later)).toThrow(
      rejecting('todos.recurrence-needs-due-date'),
    );
  });

  it('is followed by the next one of its series when it is completed', () => {
    const todo = create({ ...DAILY, assigneeId: bob, priority: 'high' });
    todo.takeEvents();
    const next = todo.complete(bob, now, tomorrow)!;
    expect(next.snapshot()).toMatchObject({
      title: CONTENT.title,
      status: 'PENDING',
      authorId: ada,
      assigneeId: bob,
      priority: 'high',
      recurrence: 'FREQ=DAILY',
      dueDate: later,
      seriesStart: now,
      nextId: null,
    });
    expect(eventsOf(todo)).toMatchObject([
      ['todos.todo-completed', {}],
      ['todos.todo-rolled-over', { nextId: next.id, nextDueDate: later.toISOString() }],
    ]);
    expect(eventsOf(next)).toMatchObject([['todos.todo-created', {}]]);
  });

  it('ends with its series', () => {
    expect(create(DAILY).complete(ada, now, { future: false, next: null })).toBeNull();
  });

  it('cannot be completed before its day', () => {
    const todo = create(DAILY);
    expect(() => todo.complete(ada, now, { future: true, next: later })).toThrow(
      rejecting('todos.future-occurrence'),
    );
    expect(todo.snapshot()).toMatchObject({ status: 'PENDING', nextId: null });
  });

  it('has one successor, also if it is reopened and completed again', () => {
    const todo = create(DAILY);
    const next = todo.complete(ada, now, tomorrow)!;
    todo.reopen(now);
    expect(todo.complete(ada, now, tomorrow)).toBeNull();
    expect(todo.snapshot()).toMatchObject({ status: 'COMPLETED', nextId: next.id });
  });

  it('restarts its series when its due date or rule changes, and has no series without a rule', () => {
    const todo = create(DAILY);
    todo.update({ dueDate: later }, now);
    expect(todo.snapshot().seriesStart).toBe(later);
    todo.update({ recurrence: null }, now);
    expect(todo.snapshot()).toMatchObject({ seriesStart: null, timeZone: null });
  });
});
