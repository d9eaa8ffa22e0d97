import { defineRejection, defineRule, FieldError, Rejection, Rules } from '@rookery/domain';

export const StatusUnreachable = defineRejection(
  'todos.status-unreachable',
  'invalid',
  'The todo cannot change from its status to the requested one.',
  'Drafts and pending todos can be completed or archived. Completed todos can be archived. To reopen a completed or archived todo, use POST /v1/todos/{id}/reopen.',
  'This change of status is not possible',
  { path: 'status', rule: Rules.oneOf, params: {} },
);

export const FutureOccurrence = defineRejection(
  'todos.future-occurrence',
  'invalid',
  'This recurring todo is due on a later day. It cannot be completed before that day.',
  'Wait until that day, or change the due date.',
  'Too early to complete the todo',
);

const NoRecurrence = defineRule('recurrence', 'It is not a recurrence rule that can be used here.');

export const RecurrenceInvalid = defineRejection(
  'todos.recurrence-invalid',
  'invalid',
  'This recurrence rule cannot be used.',
  'Send an RFC 5545 rule with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY and, if needed, INTERVAL, COUNT (to 366) or UNTIL, BYDAY, BYMONTHDAY, BYMONTH, BYSETPOS (within a month) and WKST. It must recur at least once every few years.',
  'Recurrence rule not usable',
  { path: 'recurrence', rule: NoRecurrence, params: {} },
);

/** @param why which part of the rule cannot be used, in one sentence */
export function recurrenceInvalid(why: string): Rejection {
  const detail = `${RecurrenceInvalid.message} ${why}`;
  return new Rejection(RecurrenceInvalid, {
    detail,
    errors: [FieldError.of(NoRecurrence, 'recurrence', {}, detail)],
  });
}

export const RecurrenceNeedsDueDate = defineRejection(
  'todos.recurrence-needs-due-date',
  'invalid',
  'A recurring todo needs a due date, which is the first date of its series.',
  'Send dueDate too, or leave out recurrence.',
  'Due date required',
  { path: 'dueDate', rule: Rules.required, params: {} },
);

export const ParentUnsuitable = defineRejection(
  'todos.parent-unsuitable',
  'invalid',
  'This todo cannot be the parent. A sub-todo cannot have sub-todos, and parent and sub-todo must be in the same workspace.',
  'Choose a todo of the same workspace that is not a sub-todo. A todo with sub-todos cannot have a parent, and a sub-todo cannot recur.',
  'Not a possible parent',
  { path: 'parentId', rule: Rules.oneOf, params: {} },
);

export const TooManyTodos = defineRejection(
  'todos.too-many',
  'conflict',
  'The workspace has the maximum number of todos.',
  'Delete todos that are no longer needed, or use another workspace.',
  'Too many todos',
);

export const TooManyComments = defineRejection(
  'todos.too-many-comments',
  'conflict',
  'This todo has the maximum number of comments.',
  'Delete some of them, or comment on another todo.',
  'Too many comments',
);

export const TooManyDays = defineRejection(
  'todos.too-many-days',
  'conflict',
  'You have reached the maximum number of planned days.',
  'Remove all todos from the plan of a day that you no longer need.',
  'Too many planned days',
);

export const TooManySubTodos = defineRejection(
  'todos.too-many-sub-todos',
  'invalid',
  'This todo has the maximum number of sub-todos.',
  'Delete some of them, or choose another parent.',
  'Too many sub-todos',
  { path: 'parentId', rule: Rules.range, params: { max: 100 } },
);

export const AssigneeUnsuitable = defineRejection(
  'todos.assignee-unsuitable',
  'invalid',
  'Todos of this workspace cannot be assigned to this user.',
  'Choose an owner or a member of the workspace.',
  'Not a possible assignee',
  { path: 'assigneeId', rule: Rules.oneOf, params: {} },
);

export const CategoryUnknown = defineRejection(
  'todos.category-unknown',
  'invalid',
  'You have no category with this id.',
  'Choose one from GET /v1/categories.',
  'Unknown category',
  { path: 'categoryId', rule: Rules.oneOf, params: {} },
);

export const TooManyTags = defineRejection(
  'todos.too-many-tags',
  'invalid',
  'This todo has the maximum number of tags.',
  'Remove a tag that it no longer needs.',
  'Too many tags',
);

export const TooManyAttachments = defineRejection(
  'todos.too-many-attachments',
  'invalid',
  'This todo has the maximum number of files.',
  'Remove a file that is no longer needed.',
  'Too many files',
);

export const CategoryTaken = defineRejection(
  'todos.category-taken',
  'conflict',
  'You already have a category with this name.',
  'Choose another name.',
  'This name is taken',
  { path: 'name', rule: Rules.taken, params: {} },
);

export const TooManyCategories = defineRejection(
  'todos.too-many-categories',
  'conflict',
  'You have reached the maximum number of categories.',
  'Delete a category that you no longer need.',
  'Too many categories',
);

export const FocusActive = defineRejection(
  'todos.focus-active',
  'conflict',
  'You are already focused on a todo. You can focus on one todo at a time.',
  'Stop the session that GET /v1/focus returns.',
  'Already focused',
);

export const FocusNotActive = defineRejection(
  'todos.focus-not-active',
  'conflict',
  'You are not focused on this todo.',
  'Start a session with POST /v1/todos/{id}/focus/start.',
  'Not focused on this todo',
);

export const TodoClosed = defineRejection(
  'todos.closed',
  'invalid',
  'This todo is completed or archived.',
  'Reopen it with POST /v1/todos/{id}/reopen.',
  'This todo is closed',
);

export const OverCapacity = defineRejection(
  'schedule.over-capacity',
  'conflict',
  'A day has a capacity of 10, and this todo would exceed it.',
  'Choose another day or a smaller cost, or remove a todo from the plan.',
  'The day is full',
);

export const ExportRunning = defineRejection(
  'todos.export-running',
  'conflict',
  'You already have a running export.',
  'Wait until it ends, or cancel it.',
  'One export at a time',
);
