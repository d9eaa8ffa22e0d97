import { type AccessRows, adminOnly } from '@rookery/testing/access';
import { enroll } from '../../testing';

export const access: AccessRows = {
  endUserSessions: {
    ...adminOnly,
    given: async ({ system }) => ({ path: { id: (await enroll(system)).id } }),
  },
};
