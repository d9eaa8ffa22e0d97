import type { AccessRows } from '@rookery/testing/access';
import { forMembers } from '../../../workspaces/testing';
import { sharedTodo } from '../../testing';

export const access: AccessRows = { listTodoComments: { ...forMembers, given: sharedTodo } };
