import { bystander } from '@rookery/contexts/identity/testing';
import { type AccessRows, signedIn } from '@rookery/testing/access';

export const access: AccessRows = {
  listFollowers: { ...signedIn, given: bystander },
  listFollowing: { ...signedIn, given: bystander },
};
