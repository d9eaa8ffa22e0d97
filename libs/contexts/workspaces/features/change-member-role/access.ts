import type { AccessRows } from '@rookery/testing/access';
import { forOwners, sharedWorkspace } from '../../testing';

export const access: AccessRows = {
  updateMember: {
    ...forOwners,
    given: async (scene) => {
      const { path } = await sharedWorkspace(scene);
      return { path: { ...path, userId: scene.standings.member.id }, body: { role: 'guest' } };
    },
  },
};
