import { counter } from '@rookery/observability';

/** Business metrics. They are counted after the commit. */
export const metrics = {
  created: counter({ name: 'todos_created_total', help: 'Todos created by users; imports are not counted.' }),
  completed: counter({
    name: 'todos_completed_total',
    help: 'Todos completed by users; imports are not counted.',
  }),
  notices: counter({
    name: 'todo_notices_total',
    help: 'Due dates of which a user was notified, by kind: due-soon, overdue.',
    labels: ['kind'],
  }),
  remindersLeftOut: counter({
    name: 'todo_reminders_left_out_total',
    help: 'Reminder mails that were not sent because the user reached the daily limit, by kind: due-soon, overdue.',
    labels: ['kind'],
  }),
  imported: counter({
    name: 'todo_import_rows_total',
    help: 'Rows of imported files, by action: created, updated, unchanged, refused. Previews are not counted.',
    labels: ['action'],
  }),
} as const;
