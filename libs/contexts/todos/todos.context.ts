import { defineContext } from '@rookery/application';
import { TodosPersonalData } from './personal-data';
import { Completion } from './services/completion';
import { TodoAccess } from './services/todo-access';
import { TodoContents } from './services/todo-contents';
import { Categories, categorySchema } from './storage/categories';
import { DayPlans, dayPlanSchema } from './storage/day-plans';
import { FocusSessions, focusSessionSchema } from './storage/focus-sessions';
import { Todos, todoSchema } from './storage/todos';
import { TodoTags } from './storage/todo-tags';
import { CategoryViews } from './views/category';
import { DayPlanViews } from './views/day-plan';
import { TodoViews } from './views/todo';
import { TodoLists } from './views/todo-lists';

/** Todos of workspaces, what users plan and focus on. */
export const todos = defineContext('todos', __dirname, {
  tags: {
    Todos: 'Write, find, complete and delete todos.',
    Categories: 'Your own kinds of todos.',
    'Focus and schedule': 'What you work on now, and on a day.',
  },
  requires: ['identity', 'workspaces'],
  schemas: [categorySchema, dayPlanSchema, focusSessionSchema, todoSchema],
  providers: [
    Categories,
    CategoryViews,
    Completion,
    DayPlanViews,
    DayPlans,
    FocusSessions,
    TodoAccess,
    TodoContents,
    TodoLists,
    TodoTags,
    TodoViews,
    Todos,
  ],
  personalData: TodosPersonalData,
});
