import { defineFrame } from '@rookery/realtime';
import { z } from 'zod';
import { STATUSES } from './contract';

const Shown = z.object({
  todoId: z.uuid(),
  workspaceId: z.uuid(),
  status: z.enum(STATUSES),
  title: z.string(),
});

export const TodoCreatedFrame = defineFrame('todo.created', Shown, {
  summary: 'You or somebody else created a todo in one of your workspaces.',
});

export const TodoUpdatedFrame = defineFrame('todo.updated', Shown, {
  summary: 'A todo of one of your workspaces was changed, completed, reopened or archived.',
});

export const TodosImportedFrame = defineFrame(
  'todos.imported',
  z.object({ workspaceId: z.uuid(), count: z.int() }),
  {
    summary:
      'You or somebody else imported a batch of more than 20 rows into one of your workspaces. `count` todos are new or changed. There is no frame for each todo: reload the lists.',
  },
);

export const TodoDeletedFrame = defineFrame(
  'todo.deleted',
  z.object({ todoId: z.uuid(), workspaceId: z.uuid() }),
  { summary: 'A todo of one of your workspaces was deleted.' },
);
