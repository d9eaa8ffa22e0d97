import { type AccessRows, signedIn } from '@rookery/testing/access';

export const access: AccessRows = {
  listUserPosts: { ...signedIn, given: ({ people }) => ({ path: { id: people.owner.id } }) },
};
