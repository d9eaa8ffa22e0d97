import type { AccessRows } from '@rookery/testing/access';
import { forOwners } from '../../../workspaces/testing';
import { commentedTodo } from '../../testing';

/** The owner wrote it; being a member is not enough. */
export const access: AccessRows = {
  updateTodoComment: { ...forOwners, given: commentedTodo },
  deleteTodoComment: { ...forOwners, given: commentedTodo },
};
