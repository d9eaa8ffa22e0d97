import { defineRejection, defineRule, Rules } from '@rookery/domain';

export const StatusUnreachable = defineRejection(
  'todos.status-unreachable',
  'invalid',
  'A todo with this status cannot get that one.',
  'Drafts and pending todos can be completed and archived, completed ones archived; reopen what is completed or archived with POST /v1/todos/{id}/reopen.',
  'This change of status is not possible',
  { path: 'status', rule: Rules.oneOf, params: {} },
);

export const FutureOccurrence = defineRejection(
  'todos.future-occurrence',
  'invalid',
  'This todo recurs and is due on a later day: it can be completed from that day on.',
  'Wait for its day, or change its due date.',
  'Too early to complete it',
);

const NoRecurrence = defineRule('recurrence', 'It is no recurrence rule that can be used here.');

export const RecurrenceInvalid = defineRejection(
  'todos.recurrence-invalid',
  'invalid',
  'This recurrence rule cannot be used.',
  'Write a rule of RFC 5545 with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY and, if needed, INTERVAL, COUNT (to 366) or UNTIL, BYDAY, BYMONTHDAY, BYMONTH, BYSETPOS (within a month) and WKST. It must come at least once in some years.',
  'Recurrence rule not usable',
  { path: 'recurrence', rule: NoRecurrence, params: {} },
);

export const RecurrenceNeedsDueDate = defineRejection(
  'todos.recurrence-needs-due-date',
  'invalid',
  'A todo that recurs needs a due date: the first of its series.',
  'Send dueDate too, or leave out recurrence.',
  'Due date required',
  { path: 'dueDate', rule: Rules.required, params: {} },
);

export const ParentUnsuitable = defineRejection(
  'todos.parent-unsuitable',
  'invalid',
  'This todo cannot be the parent: there are no sub-todos of sub-todos, and parent and sub-todo are in one workspace.',
  'Choose a todo of the same workspace that is no sub-todo itself. A todo with sub-todos has no parent, and a sub-todo does not recur.',
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
  'Delete some of them, or go on with another todo.',
  'Too many comments',
);

export const TooManyDays = defineRejection(
  'todos.too-many-days',
  'conflict',
  'You have plans for the maximum number of days.',
  'Take the todos out of the plan of a day that you no longer need.',
  'Too many planned days',
);

export const TooManySubTodos = defineRejection(
  'todos.too-many-sub-todos',
  'invalid',
  'This todo has the maximum number of sub-todos.',
  'Delete some of them, or make another todo.',
  'Too many sub-todos',
  { path: 'parentId', rule: Rules.range, params: { max: 100 } },
);

export const AssigneeUnsuitable = defineRejection(
  'todos.assignee-unsuitable',
  'invalid',
  'This user cannot have todos in this workspace.',
  'Choose an owner or a member of the workspace.',
  'Not a possible assignee',
  { path: 'assigneeId', rule: Rules.oneOf, params: {} },
);

export const CategoryUnknown = defineRejection(
  'todos.category-unknown',
  'invalid',
  'You have no such category.',
  'Choose one of GET /v1/categories.',
  'Unknown category',
  { path: 'categoryId', rule: Rules.oneOf, params: {} },
);

export const TooManyTags = defineRejection(
  'todos.too-many-tags',
  'invalid',
  'This todo has the maximum number of tags.',
  'Take off a tag that it no longer needs.',
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
  'You have a category of this name.',
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
  'You are already focused on a todo: one at a time.',
  'Stop the session that GET /v1/focus shows.',
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
  'The day has room for a cost of 10 in all, and this would be more.',
  'Choose another day, a smaller cost, or take something out of the plan.',
  'The day is full',
);

export const ExportRunning = defineRejection(
  'todos.export-running',
  'conflict',
  'An export of yours is under way.',
  'Wait until it has ended, or end it.',
  'One export at a time',
);
