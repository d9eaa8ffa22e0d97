import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

export const STATUSES = ['DRAFT', 'PENDING', 'COMPLETED', 'ARCHIVED'] as const;
/** Status of a todo. Reminders, reports and `overdue` are only about pending todos. */
export type TodoStatus = (typeof STATUSES)[number];

const Status = z.enum(STATUSES);
/** Set for a todo of a large import batch: clients get one frame for the batch, not one for each todo. */
const Imported = z.literal(true).optional();

/** A todo was created. Events never contain its title or description. */
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

/** A todo was changed; `changed` has the names of the fields. Completing it raises `TodoCompleted` instead, an import both. */
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

/** A todo was completed by the actor. */
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

/** A recurring todo was completed. `nextId` is the next todo of its series, which has its own events. */
export const TodoRolledOver = defineEvent(
  'todos.todo-rolled-over',
  1,
  z.object({ workspaceId: z.uuid(), nextId: z.uuid(), nextDueDate: z.iso.datetime() }),
);

/** A todo was deleted, with its comments and attachments. Not raised for the todos of a deleted workspace. */
export const TodoDeleted = defineEvent(
  'todos.todo-deleted',
  1,
  z.object({ workspaceId: z.uuid(), parentId: z.uuid().nullable() }),
);

const Notice = z.object({
  todoId: z.uuid(),
  workspaceId: z.uuid(),
  /** The assignee, or else the author. They were in the workspace when the notice was written. */
  userId: z.uuid(),
  dueDate: z.iso.datetime(),
});

/** A pending todo is due within a day. Raised at most once for each due date of a todo. */
export const TodoDueSoon = defineEvent('todos.todo-due-soon', 1, Notice);

/** The due date of a pending todo has passed. Raised at most once for each due date of a todo. */
export const TodoOverdue = defineEvent('todos.todo-overdue', 1, Notice);

/** The weekly report of a user is due. */
export const WeeklyReportRequested = defineEvent(
  'todos.weekly-report-requested',
  1,
  z.object({
    userId: z.uuid(),
    /** The Monday on which the report is sent. */
    week: z.iso.date(),
  }),
);

const Session = z.object({ userId: z.uuid(), todoId: z.uuid(), workspaceId: z.uuid() });

/** `userId` started to focus on a todo. A user focuses on one todo at a time. */
export const FocusStarted = defineEvent('todos.focus-started', 1, Session);

/** `userId` stopped focusing on the todo. */
export const FocusStopped = defineEvent('todos.focus-stopped', 1, Session);

const OfComment = z.object({
  todoId: z.uuid(),
  workspaceId: z.uuid(),
  authorId: z.uuid(),
  /** Members whom the text mentions as @username. */
  mentionedIds: z.array(z.uuid()),
});

/** A comment was added to a todo; the subject is the comment. */
export const TodoCommentAdded = defineEvent('todos.comment-added', 1, OfComment);

/** A comment on a todo was changed; `mentionedIds` are the members it did not mention before. */
export const TodoCommentUpdated = defineEvent('todos.comment-updated', 1, OfComment);

/** A comment on a todo was deleted. Not raised for the comments of a deleted todo. */
export const TodoCommentDeleted = defineEvent(
  'todos.comment-deleted',
  1,
  z.object({ todoId: z.uuid(), workspaceId: z.uuid() }),
);

/** A user added a todo to the plan of a day, or changed its cost there. */
export const TaskCommitted = defineEvent(
  'schedule.task-committed',
  1,
  z.object({ userId: z.uuid(), todoId: z.uuid(), date: z.iso.date(), cost: z.int() }),
);

/** The mails about todos that users can turn off. */
export type TodoMail = 'due-soon' | 'overdue' | 'weekly-report';

/** Checked before each mail about todos. Implemented by the context that stores the notification settings. */
export abstract class TodoMailChoices {
  /** @returns unsubscribe links for this kind of mail (RFC 8058); undefined if the user does not want it */
  abstract linksOf(userId: string, mail: TodoMail): Promise<{ post: string; page: string } | undefined>;
  /**
   * Adds todos for which no mail is sent to the next digest of a user, in the current transaction. Idempotent. Adds
   * nothing if the user is notified in the app or wants no digests.
   */
  abstract keepForDigest(
    userId: string,
    mail: Exclude<TodoMail, 'weekly-report'>,
    todos: readonly { id: string; workspaceId: string }[],
  ): Promise<void>;
}

/** What other contexts show of a todo. */
export interface TodoHeadline {
  id: string;
  workspaceId: string;
  title: string;
  dueDate: Date | null;
}

/** Offered to other contexts: titles of todos, and who can see them. */
export abstract class TodoHeadlines {
  /** @returns the given todos that the user can see now, by id; two statements */
  abstract visibleTo(userId: string, todoIds: readonly string[]): Promise<Map<string, TodoHeadline>>;
  /** @returns the given users who can see the todo now */
  abstract viewersOf(todoId: string, userIds: readonly string[]): Promise<Set<string>>;
  /** @returns whether there is anything to report to a user about the week before `at`; empty reports are not sent */
  abstract hasReport(userId: string, at: Date): Promise<boolean>;
}
