import type { AccessRows } from '@rookery/testing/access';
import { forMembers, sharedWorkspace } from '../../testing';

export const access: AccessRows = {
  listWorkspaceTags: { ...forMembers, given: sharedWorkspace },
};
