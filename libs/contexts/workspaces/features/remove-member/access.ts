import type { AccessRows } from '@rookery/testing/access';
import { forOwners, sharedWorkspace } from '../../testing';

export const access: AccessRows = {
  removeMember: {
    ...forOwners,
    // Of themselves everybody may do it, so each would be allowed to remove the guest who is that guest.
    standings: { ...forOwners.standings, guest: 'allowed' },
    given: async (scene) => {
      const { path } = await sharedWorkspace(scene);
      return { path: { ...path, userId: scene.standings.guest.id } };
    },
  },
};
