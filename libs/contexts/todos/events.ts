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
