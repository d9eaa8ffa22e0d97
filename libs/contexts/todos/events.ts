import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

/** A todo was removed from the plan of a day. */
export const TaskWithdrawn = defineEvent(
  'schedule.task-withdrawn',
  1,
  z.object({ userId: z.uuid(), todoId: z.uuid(), date: z.iso.date() }),
);

const OfCategory = z.object({ userId: z.uuid() });

/** A user created a category. */
export const CategoryCreated = defineEvent('todos.category-created', 1, OfCategory);

/** A user changed a category. */
export const CategoryUpdated = defineEvent('todos.category-updated', 1, OfCategory);

/** A user deleted a category. Its todos no longer have a category. */
export const CategoryDeleted = defineEvent('todos.category-deleted', 1, OfCategory);

/** A batch of an imported file was stored. */
export const TodosImported = defineEvent(
  'todos.todos-imported',
  1,
  z.object({
    workspaceId: z.uuid(),
    /** Number of new and changed todos. */
    count: z.int(),
    /** Whether the batch is too large for one frame for each todo. */
    many: z.boolean(),
  }),
);

/** More todos of a deleted workspace remain to be deleted. */
export const ClearingContinued = defineEvent(
  'todos.clearing-continued',
  1,
  z.object({ workspaceId: z.uuid() }),
);

/** More todos of a former member remain to be unassigned. */
export const UnassigningContinued = defineEvent(
  'todos.unassigning-continued',
  1,
  z.object({ workspaceId: z.uuid(), userId: z.uuid() }),
);

/** More todos remain that a deleted tag must be removed from. */
export const TagRemovalContinued = defineEvent(
  'todos.tag-removal-continued',
  1,
  z.object({ tagId: z.uuid() }),
);

/** More due todos remain whose users must be notified. */
export const RemindersContinued = defineEvent(
  'todos.reminders-continued',
  1,
  z.object({ kind: z.enum(['due-soon', 'overdue']) }),
);

/** A user must get a reminder mail that lists up to ten todos and says how many more there are. */
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
