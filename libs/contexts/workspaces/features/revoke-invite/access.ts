import { newcomer } from '@rookery/contexts/identity/testing';
import type { AccessRows } from '@rookery/testing/access';
import { forOwners, invite, sharedWorkspace } from '../../testing';

export const access: AccessRows = {
  revokeInvite: {
    ...forOwners,
    given: async (scene) => {
      const { path } = await sharedWorkspace(scene);
      const { email } = newcomer();
      const { id: inviteId } = await invite(scene.system, scene.people.owner, path!.id!, { email });
      return { path: { ...path, inviteId } };
    },
  },
};
