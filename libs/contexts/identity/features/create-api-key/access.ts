import { type AccessRows, signedIn } from '@rookery/testing/access';

export const access: AccessRows = {
  createApiKey: { ...signedIn, given: () => ({ body: { name: 'a program', scopes: ['read'] } }) },
};
