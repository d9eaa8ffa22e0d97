import type { AccessRows } from '@rookery/testing/access';
import { forWriters } from '../../../workspaces/testing';
import { taggableTodo } from '../../testing';

export const access: AccessRows = {
  tagTodo: { ...forWriters, given: taggableTodo },
  untagTodo: { ...forWriters, given: taggableTodo },
};
