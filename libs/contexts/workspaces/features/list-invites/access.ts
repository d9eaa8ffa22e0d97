import type { AccessRows } from '@rookery/testing/access';
import { forOwners, sharedWorkspace } from '../../testing';

export const access: AccessRows = {
  listInvites: { ...forOwners, given: sharedWorkspace },
};
