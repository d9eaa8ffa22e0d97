import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { NotFound, Rejection } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import { Field, Item } from '@rookery/web';
import { STATUSES, type TodoStatus } from '../contract';
import { MAX_TAGS, PRIORITIES, type Priority } from '../model/todo';

/** Field options of the content of a todo. */
export const TODO = {
  title: { max: 255, trim: true, description: 'What is to be done.', example: 'Water the plants' },
  description: { min: 0, max: 1_000, description: 'Details.', example: 'The ferns need little.' },
  priority: { name: 'TodoPriority', description: 'Priority.', example: 'medium' },
  dueDate: { description: 'When it is due.', example: '2027-01-31T16:00:00.000Z' },
  parentId: {
    description: 'Id of the parent todo. It must be in the same workspace and must not be a sub-todo itself.',
  },
  categoryId: { description: 'Id of one of your categories.' },
  assigneeId: { description: 'Id of the assignee, an owner or member of the workspace.' },
  recurrence: {
    max: 200,
    description:
      'Recurrence rule (RFC 5545 RRULE) with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY. The series keeps the time of day of `dueDate` in your time zone (`timeZone` of your preferences). Completing the todo creates the next one of the series.',
    example: 'FREQ=WEEKLY;BYDAY=MO',
  },
  sortOrder: {
    min: -1_000_000_000,
    max: 1_000_000_000,
    description: 'Position in an order that you define.',
    example: 0,
  },
  color: {
    max: 7,
    pattern: /^#[0-9a-fA-F]{6}$/,
    patternRule: 'must be a color such as #6b7280',
    description: 'Color as `#rrggbb`.',
    example: '#6b7280',
  },
  difficulty: { min: 1, max: 5, description: 'Difficulty from 1 (easy) to 5.', example: 2 },
};

/** The content of a todo in a request body, for new and existing todos; null clears a field. */
export class TodoFields {
  @Field.text({ ...TODO.description, optional: true, nullable: true })
  description?: string | null;

  @Field.dateTime({ ...TODO.dueDate, optional: true, nullable: true })
  dueDate?: string | null;

  @Field.uuid({ ...TODO.parentId, optional: true, nullable: true })
  parentId?: string | null;

  @Field.uuid({ ...TODO.categoryId, optional: true, nullable: true })
  categoryId?: string | null;

  @Field.uuid({ ...TODO.assigneeId, optional: true, nullable: true })
  assigneeId?: string | null;

  @Field.text({ ...TODO.recurrence, optional: true, nullable: true })
  recurrence?: string | null;

  @Field.text({ ...TODO.color, optional: true, nullable: true })
  color?: string | null;

  @Field.integer({ ...TODO.difficulty, optional: true, nullable: true })
  difficulty?: number | null;
}

/** A tag on a todo. */
@ApiSchema({ name: 'TodoTag' })
export class TodoTagView {
  @Field.uuid({ description: 'Id of the tag.' })
  id: string;

  @Field.text({ max: 20, description: 'Name of the tag.', example: 'home' })
  name: string;
}

/** A todo, as the members of its workspace see it. */
@ApiSchema({ name: 'Todo' })
export class TodoView {
  @Field.uuid({ description: 'Id of the todo.' })
  id: string;

  @Field.uuid({ description: 'Id of its workspace.' })
  workspaceId: string;

  @Field.text(TODO.title)
  title: string;

  @Field.text({ ...TODO.description, nullable: true })
  description: string | null;

  @Field.oneOf(STATUSES, { name: 'TodoStatus', description: 'Status.', example: 'PENDING' })
  status: TodoStatus;

  @Field.oneOf(PRIORITIES, TODO.priority)
  priority: Priority;

  @Field.dateTime({ ...TODO.dueDate, nullable: true })
  dueDate: Date | null;

  @Field.uuid({ ...TODO.parentId, nullable: true })
  parentId: string | null;

  @Field.uuid({ description: 'Id of a category of the user who set it.', nullable: true })
  categoryId: string | null;

  @Field.list(Item.object(() => TodoTagView), { max: MAX_TAGS, description: 'Its tags, sorted by name.' })
  tags: TodoTagView[];

  @Field.text({ ...TODO.recurrence, nullable: true })
  recurrence: string | null;

  @Field.text({
    max: 64,
    nullable: true,
    description: 'IANA time zone of the recurrence; null if the todo does not recur.',
    example: 'Europe/Berlin',
  })
  timeZone: string | null;

  @Field.uuid({
    nullable: true,
    description: 'Id of the next todo of the series, created when this one was completed.',
  })
  nextId: string | null;

  @Field.uuid({ ...TODO.assigneeId, nullable: true })
  assigneeId: string | null;

  @Field.uuid({
    nullable: true,
    description: 'Id of the user who created it; null if the account was erased.',
  })
  authorId: string | null;

  @Field.integer(TODO.sortOrder)
  sortOrder: number;

  @Field.text({ ...TODO.color, nullable: true })
  color: string | null;

  @Field.integer({ ...TODO.difficulty, nullable: true })
  difficulty: number | null;

  @Field.dateTime({ nullable: true, description: 'When it was completed.' })
  completedAt: Date | null;

  @Field.uuid({ nullable: true, description: 'Id of the user who completed it.' })
  completedBy: string | null;

  @Field.dateTime({ description: 'When it was created.' })
  createdAt: Date;

  @Field.dateTime({ description: 'When it was last changed.' })
  updatedAt: Date;

  @Field.integer({ description: 'Version of the todo. The ETag starts with it.', example: 1 })
  version: number;
}

/** A {@link TodoView} as columns of `todos.todos todo`. */
export const TODO_COLUMNS = `todo.id, todo.workspace_id AS "workspaceId", todo.title, todo.description, todo.status,
  (ARRAY['${PRIORITIES.join("','")}'])[todo.priority + 1] AS priority, todo.due_at AS "dueDate", todo.parent_id AS "parentId",
  todo.category_id AS "categoryId",
  coalesce((SELECT json_agg(json_build_object('id', tag.tag_id, 'name', tag.name) ORDER BY tag.name, tag.tag_id)
            FROM todos.todo_tags tag WHERE tag.todo_id = todo.id), '[]') AS tags,
  todo.recurrence, todo.time_zone AS "timeZone", todo.next_id AS "nextId", todo.assignee_id AS "assigneeId",
  todo.author_id AS "authorId", todo.sort_order AS "sortOrder", todo.color, todo.difficulty,
  todo.completed_at AS "completedAt", todo.completed_by AS "completedBy", todo.created_at AS "createdAt",
  todo.updated_at AS "updatedAt", todo.version`;

type TodoRow = TodoView & Record<string, unknown>;

/** Todos, as members see them. */
@Injectable()
export class TodoViews {
  constructor(private readonly sql: Sql) {}

  /**
   * Also for the response to a change, in its transaction. Does not check whether the caller can see the todo.
   *
   * @throws Rejection `resource.not-found`
   */
  async get(id: string): Promise<TodoView> {
    const todo = await this.sql.row<TodoRow>(
      `SELECT ${TODO_COLUMNS} FROM todos.todos todo WHERE todo.id = $1`,
      [id],
    );
    if (!todo) throw new Rejection(NotFound);
    return todo;
  }

  /** @returns the given todos that are in one of the workspaces, unordered */
  among(ids: readonly string[], workspaceIds: readonly string[]): Promise<TodoView[]> {
    return this.sql.rows<TodoRow>(
      `SELECT ${TODO_COLUMNS} FROM todos.todos todo
       WHERE todo.id = ANY ($1::uuid[]) AND todo.workspace_id = ANY ($2::uuid[])`,
      [ids, workspaceIds],
    );
  }
}
