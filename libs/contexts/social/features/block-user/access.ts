import { bystander } from '@rookery/contexts/identity/testing';
import { type AccessRows, signedIn } from '@rookery/testing/access';

export const access: AccessRows = {
  blockUser: { ...signedIn, given: bystander },
  unblockUser: { ...signedIn, given: bystander },
};
