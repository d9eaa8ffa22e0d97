import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

/** A todo was taken out of the plan of a day. */
export const TaskWithdrawn = defineEvent(
  'schedule.task-withdrawn',
  1,
  z.object({ userId: z.uuid(), todoId: z.uuid(), date: z.iso.date() }),
);

const OfCategory = z.object({ userId: z.uuid() });

/** A user has made a category. */
export const CategoryCreated = defineEvent('todos.category-created', 1, OfCategory);

/** A user has changed a category. */
export const CategoryUpdated = defineEvent('todos.category-updated', 1, OfCategory);

/** A user has deleted a category; its todos have none now. */
export const CategoryDeleted = defineEvent('todos.category-deleted', 1, OfCategory);

/** A batch of a file was imported. */
export const TodosImported = defineEvent(
  'todos.todos-imported',
  1,
  z.object({
    workspaceId: z.uuid(),
    /** New and changed ones. */
    count: z.int(),
    /** Whether they are so many that nobody is told of each. */
    many: z.boolean(),
  }),
);

/** The next todos of a deleted workspace are due to be deleted. */
export const ClearingContinued = defineEvent(
  'todos.clearing-continued',
  1,
  z.object({ workspaceId: z.uuid() }),
);

/** The next todos of somebody who is no member any more are due to be unassigned. */
export const UnassigningContinued = defineEvent(
  'todos.unassigning-continued',
  1,
  z.object({ workspaceId: z.uuid(), userId: z.uuid() }),
);

/** The next todos that bear a deleted tag are due to lose it. */
export const TagRemovalContinued = defineEvent(
  'todos.tag-removal-continued',
  1,
  z.object({ tagId: z.uuid() }),
);

/** The next todos that are due are to be told of. */
export const RemindersContinued = defineEvent(
  'todos.reminders-continued',
  1,
  z.object({ kind: z.enum(['due-soon', 'overdue']) }),
);

/** A user is to be reminded by mail of up to ten todos, and told how many more there are. */
export const ReminderRequested = defineEvent(
  'todos.reminder-requested',
  1,
  z.object({
    userId: z.uuid(),
    kind: z.enum(['due-soon', 'overdue']),
    todoIds: z.array(z.uuid()).max(10),
    more: z.int(),
  }),
);

const OfAttachment = z.object({ todoId: z.uuid(), workspaceId: z.uuid() });

/** A file was attached to a todo. */
export const AttachmentAdded = defineEvent('todos.attachment-added', 1, OfAttachment);

/** A file of a todo was removed. Not raised for the files of a deleted todo. */
export const AttachmentRemoved = defineEvent('todos.attachment-removed', 1, OfAttachment);
