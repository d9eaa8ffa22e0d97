import { type AccessRows, adminOnly } from '@rookery/testing/access';
import { enrol } from '../../testing';

export const access: AccessRows = {
  endUserSessions: {
    ...adminOnly,
    given: async ({ system }) => ({ path: { id: (await enrol(system)).id } }),
  },
};
