import { newcomer } from '@rookery/contexts/identity/testing';
import type { AccessRows } from '@rookery/testing/access';
import { forOwners, sharedWorkspace } from '../../testing';

export const access: AccessRows = {
  inviteMember: {
    ...forOwners,
    given: async (scene) => ({
      ...(await sharedWorkspace(scene)),
      body: { email: newcomer().email, role: 'guest' },
    }),
  },
};
