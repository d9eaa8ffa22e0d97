import { enroll } from '@rookery/contexts/identity/testing';
import type { AccessRows } from '@rookery/testing/access';
import { forOwners, sharedWorkspace } from '../../testing';

export const access: AccessRows = {
  addMember: {
    ...forOwners,
    given: async (scene) => ({
      ...(await sharedWorkspace(scene)),
      body: { userId: (await enroll(scene.system)).id, role: 'guest' },
    }),
  },
};
