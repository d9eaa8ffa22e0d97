import type { AccessRows } from '@rookery/testing/access';
import { forOwners, sharedWorkspace } from '../../testing';

export const access: AccessRows = {
  deleteWorkspace: { ...forOwners, given: sharedWorkspace },
};
