import { bystander } from '@rookery/contexts/identity/testing';
import { type AccessRows, signedIn } from '@rookery/testing/access';

export const access: AccessRows = {
  followUser: { ...signedIn, given: bystander },
  unfollowUser: { ...signedIn, given: bystander },
};
