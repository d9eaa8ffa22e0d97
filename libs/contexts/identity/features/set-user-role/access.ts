import { type AccessRows, adminOnly } from '@rookery/testing/access';

export const access: AccessRows = {
  setUserRole: {
    ...adminOnly,
    given: ({ people }) => ({ path: { id: people.owner.id }, body: { role: 'user' } }),
  },
};
