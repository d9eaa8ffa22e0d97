import { type AccessRows, signedIn } from '@rookery/testing/access';

export const access: AccessRows = {
  logout: signedIn,
  logoutAll: signedIn,
};
