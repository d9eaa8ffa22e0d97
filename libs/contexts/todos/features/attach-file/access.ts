import type { AccessRows } from '@rookery/testing/access';
import { forWriters } from '../../../workspaces/testing';
import { attachedTodo, sharedTodo } from '../../testing';

export const access: AccessRows = {
  attachFile: { ...forWriters, given: sharedTodo },
  removeAttachment: { ...forWriters, given: attachedTodo },
};
