import { bystander } from '@rookery/contexts/identity/testing';
import { type AccessRows, signedIn } from '@rookery/testing/access';

export const access: AccessRows = {
  muteUser: { ...signedIn, given: bystander },
  unmuteUser: { ...signedIn, given: bystander },
};
