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
  summary: 'Somebody, perhaps you, wrote a todo in one of your workspaces.',
});

export const TodoUpdatedFrame = defineFrame('todo.updated', Shown, {
  summary: 'A todo of one of your workspaces was changed, completed, reopened or archived.',
});

export const TodosImportedFrame = defineFrame(
  'todos.imported',
  z.object({ workspaceId: z.uuid(), count: z.int() }),
  {
    summary:
      'Somebody, perhaps you, imported a batch of more than 20 rows into one of your workspaces; `count` of them are new or changed. There are no frames of each: read the lists again.',
  },
);

export const TodoDeletedFrame = defineFrame(
  'todo.deleted',
  z.object({ todoId: z.uuid(), workspaceId: z.uuid() }),
  { summary: 'A todo of one of your workspaces was deleted.' },
);
