import { type AccessRows, signedIn } from '@rookery/testing/access';

export const access: AccessRows = {
  stepUp: { ...signedIn, given: () => ({ body: { code: '000000' } }) },
};
