import type { AccessRows } from '@rookery/testing/access';
import { forMembers } from '../../../workspaces/testing';
import { attachedTodo, sharedTodo } from '../../testing';

export const access: AccessRows = {
  listAttachments: { ...forMembers, given: sharedTodo },
  getAttachment: { ...forMembers, given: attachedTodo },
};
