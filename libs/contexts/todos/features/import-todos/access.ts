import type { AccessRows } from '@rookery/testing/access';
import { forWriters, sharedWorkspace } from '../../../workspaces/testing';

export const access: AccessRows = {
  importTodos: {
    ...forWriters,
    given: async (scene) => ({
      ...(await sharedWorkspace(scene)),
      body: 'title\r\nWater the plants\r\n',
      headers: { 'content-type': 'text/csv' },
    }),
  },
};
