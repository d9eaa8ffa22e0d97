import { counter } from '@rookery/observability';

/** Business metrics; counted after the commit. */
export const metrics = {
  created: counter({ name: 'todos_created_total', help: 'Todos written by users; imports are not counted.' }),
  completed: counter({
    name: 'todos_completed_total',
    help: 'Todos completed by users; imports are not counted.',
  }),
  notices: counter({
    name: 'todo_notices_total',
    help: 'Due dates of which somebody was told, by kind: due-soon, overdue.',
    labels: ['kind'],
  }),
  remindersLeftOut: counter({
    name: 'todo_reminders_left_out_total',
    help: 'Mails with reminders that were not sent because their reader got enough of them today, by kind.',
    labels: ['kind'],
  }),
  imported: counter({
    name: 'todo_import_rows_total',
    help: 'Rows of imported files: created, updated, unchanged, refused. Previews are not counted.',
    labels: ['action'],
  }),
} as const;
