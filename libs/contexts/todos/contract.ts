import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

export const STATUSES = ['DRAFT', 'PENDING', 'COMPLETED', 'ARCHIVED'] as const;
/** Of a todo. Reminders, reports and `overdue` are about pending ones alone. */
export type TodoStatus = (typeof STATUSES)[number];

const Status = z.enum(STATUSES);
/** One of many of an import, of which clients are told at once. */
const Imported = z.literal(true).optional();

/** Somebody has written down a todo; title and description are in no event. */
export const TodoCreated = defineEvent(
  'todos.todo-created',
  1,
  z.object({
    workspaceId: z.uuid(),
    authorId: z.uuid(),
    assigneeId: z.uuid().nullable(),
    parentId: z.uuid().nullable(),
    status: Status,
    imported: Imported,
  }),
);

/** A todo was changed, other than by completing it; `changed` names its fields. */
export const TodoUpdated = defineEvent(
  'todos.todo-updated',
  1,
  z.object({
    workspaceId: z.uuid(),
    status: Status,
    assigneeId: z.uuid().nullable(),
    changed: z.array(z.string()),
    imported: Imported,
  }),
);

/** A todo is done; the actor did it. */
export const TodoCompleted = defineEvent(
  'todos.todo-completed',
  1,
  z.object({
    workspaceId: z.uuid(),
    authorId: z.uuid().nullable(),
    assigneeId: z.uuid().nullable(),
    imported: Imported,
  }),
);

/** A recurring todo was completed, and the next one of its series is `nextId`, which has events of its own. */
export const TodoRolledOver = defineEvent(
  'todos.todo-rolled-over',
  1,
  z.object({ workspaceId: z.uuid(), nextId: z.uuid(), nextDueDate: z.iso.datetime() }),
);

/** A todo is gone, with its comments and attachments. Not raised for the todos of a deleted workspace. */
export const TodoDeleted = defineEvent(
  'todos.todo-deleted',
  1,
  z.object({ workspaceId: z.uuid(), parentId: z.uuid().nullable() }),
);

const Notice = z.object({
  todoId: z.uuid(),
  workspaceId: z.uuid(),
  /** Who has it to do: the assignee, or else the author; a member when the notice was written. */
  userId: z.uuid(),
  dueDate: z.iso.datetime(),
});

/** A pending todo is due within a day. At most once for each due date of a todo. */
export const TodoDueSoon = defineEvent('todos.todo-due-soon', 1, Notice);

/** The due date of a pending todo has passed. At most once for each due date of a todo. */
export const TodoOverdue = defineEvent('todos.todo-overdue', 1, Notice);

/** A user is to get the report of a week . */
export const WeeklyReportRequested = defineEvent(
  'todos.weekly-report-requested',
  1,
  z.object({
    userId: z.uuid(),
    /** The Monday on which it is sent. */
    week: z.iso.date(),
  }),
);

const Session = z.object({ userId: z.uuid(), todoId: z.uuid(), workspaceId: z.uuid() });

/** `userId` works on a todo from now on, and on no other. */
export const FocusStarted = defineEvent('todos.focus-started', 1, Session);

/** `userId` no longer works on the todo. */
export const FocusStopped = defineEvent('todos.focus-stopped', 1, Session);

const OfComment = z.object({
  todoId: z.uuid(),
  workspaceId: z.uuid(),
  authorId: z.uuid(),
  /** Members whom the text names as @username. */
  mentionedIds: z.array(z.uuid()),
});

/** A comment was added to a todo; the subject is the comment. */
export const TodoCommentAdded = defineEvent('todos.comment-added', 1, OfComment);

/** A comment on a todo was changed; `mentionedIds` are those whom it did not name before. */
export const TodoCommentUpdated = defineEvent('todos.comment-updated', 1, OfComment);

/** A comment on a todo was deleted. Not raised for the comments of a deleted todo. */
export const TodoCommentDeleted = defineEvent(
  'todos.comment-deleted',
  1,
  z.object({ todoId: z.uuid(), workspaceId: z.uuid() }),
);

/** A user has put a todo into the plan of a day, or changed what it costs there. */
export const TaskCommitted = defineEvent(
  'schedule.task-committed',
  1,
  z.object({ userId: z.uuid(), todoId: z.uuid(), date: z.iso.date(), cost: z.int() }),
);

/** The mails about todos that users can turn off. */
export type TodoMail = 'due-soon' | 'overdue' | 'weekly-report';

/** Asked before each mail about todos. Whoever knows what users want to be told offers it. */
export abstract class TodoMailChoices {
  /** @returns where the user turns this kind of mail off (RFC 8058); undefined if they do not want it */
  abstract linksOf(userId: string, mail: TodoMail): Promise<{ post: string; page: string } | undefined>;
  /**
   * Has the next digest of a user name todos of which no mail is sent, in the current transaction; each once, however
   * often it is asked for. Nothing where they are told in the app, or want no digests.
   */
  abstract keepForDigest(
    userId: string,
    mail: Exclude<TodoMail, 'weekly-report'>,
    todos: readonly { id: string; workspaceId: string }[],
  ): Promise<void>;
}

/** A todo as others name it. */
export interface TodoHeadline {
  id: string;
  workspaceId: string;
  title: string;
  dueDate: Date | null;
}

/** Offered to other contexts: what todos are called, and who may know. */
export abstract class TodoHeadlines {
  /** @returns those of some todos that a user sees now, by id; two statements */
  abstract visibleTo(userId: string, todoIds: readonly string[]): Promise<Map<string, TodoHeadline>>;
  /** @returns those of some users who see a todo now */
  abstract viewersOf(todoId: string, userIds: readonly string[]): Promise<Set<string>>;
  /** @returns whether there is anything to report to a user about the week before a moment: nobody is told of nothing */
  abstract hasReport(userId: string, at: Date): Promise<boolean>;
}
