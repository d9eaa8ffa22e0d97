import { type AccessRows, signedIn } from '@rookery/testing/access';

export const access: AccessRows = {
  getUser: { ...signedIn, given: ({ people }) => ({ path: { id: people.owner.id } }) },
};
