import type { AccessRows } from '@rookery/testing/access';
import { forWriters, sharedWorkspace } from '../../testing';

export const access: AccessRows = {
  createWorkspaceTag: { ...forWriters, given: sharedWorkspace },
};
