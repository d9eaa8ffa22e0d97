import type { AccessRows } from '@rookery/testing/access';
import { forOwners, sharedWorkspace } from '../../testing';

export const access: AccessRows = {
  removeMember: {
    ...forOwners,
    // Everybody can remove themselves, and the guest to remove is the guest of the scene.
    standings: { ...forOwners.standings, guest: 'allowed' },
    given: async (scene) => {
      const { path } = await sharedWorkspace(scene);
      return { path: { ...path, userId: scene.standings.guest.id } };
    },
  },
};
