import type { AccessRows } from '@rookery/testing/access';
import { forWriters, sharedWorkspace, tag } from '../../testing';

export const access: AccessRows = {
  deleteWorkspaceTag: {
    ...forWriters,
    given: async (scene) => {
      const { path } = await sharedWorkspace(scene);
      const { id: tagId } = await tag(scene.system, scene.people.owner, path!.id!);
      return { path: { ...path, tagId } };
    },
  },
};
