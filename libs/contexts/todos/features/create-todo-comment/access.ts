import type { AccessRows } from '@rookery/testing/access';
import { forWriters } from '../../../workspaces/testing';
import { sharedTodo } from '../../testing';

export const access: AccessRows = { createTodoComment: { ...forWriters, given: sharedTodo } };
