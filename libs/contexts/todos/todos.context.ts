import { defineContext } from '@rookery/application';
import { TodoHeadlines, TodoMailChoices } from './contract';
import { TodosPersonalData } from './personal-data';
import { SeedTodos } from './seed';
import { Completion } from './services/completion';
import { Mentions } from './services/mentions';
import { TodoImports } from './services/todo-imports';
import { Reminders } from './services/reminders';
import { TodoAccess } from './services/todo-access';
import { StoredTodoHeadlines } from './services/todo-headlines';
import { TodoContents } from './services/todo-contents';
import { Attachments, attachmentSchema } from './storage/attachments';
import { CalendarFeeds } from './storage/calendar-feeds';
import { Categories, categorySchema } from './storage/categories';
import { DayPlans, dayPlanSchema } from './storage/day-plans';
import { FocusSessions, focusSessionSchema } from './storage/focus-sessions';
import { ImportKeys } from './storage/import-keys';
import { Notices } from './storage/notices';
import { ReminderMails } from './storage/reminder-mails';
import { ReportRecipients } from './storage/report-recipients';
import { TodoComments, todoCommentSchema } from './storage/todo-comments';
import { Todos, todoSchema } from './storage/todos';
import { TodoTags } from './storage/todo-tags';
import { AttachmentViews } from './views/attachment';
import { CategoryViews } from './views/category';
import { DayPlanViews } from './views/day-plan';
import { TodoCommentViews } from './views/todo-comment';
import { TodoViews } from './views/todo';
import { TodoLists } from './views/todo-lists';

/** Todos of workspaces, and what users plan and focus on. */
export const todos = defineContext('todos', __dirname, {
  tags: {
    Todos: 'Create, find, complete and delete todos.',
    Categories: 'Your own categories for todos.',
    'Focus and schedule': 'What you are working on now, and your plan for each day.',
  },
  requires: ['identity', 'media', 'workspaces'],
  schemas: [
    attachmentSchema,
    categorySchema,
    dayPlanSchema,
    focusSessionSchema,
    todoCommentSchema,
    todoSchema,
  ],
  providers: [
    AttachmentViews,
    Attachments,
    CalendarFeeds,
    Categories,
    CategoryViews,
    Completion,
    DayPlanViews,
    DayPlans,
    FocusSessions,
    ImportKeys,
    Mentions,
    Notices,
    ReminderMails,
    Reminders,
    ReportRecipients,
    StoredTodoHeadlines,
    TodoAccess,
    TodoCommentViews,
    TodoComments,
    TodoContents,
    TodoImports,
    TodoLists,
    TodoTags,
    TodoViews,
    Todos,
  ],
  asks: [TodoMailChoices],
  offers: [{ provide: TodoHeadlines, useExisting: StoredTodoHeadlines }],
  personalData: TodosPersonalData,
  seed: SeedTodos,
});
