import { type AccessRows } from '@rookery/testing/access';

/** Nobody but the provider can sign. */
export const access: AccessRows = {
  receiveMailReport: {
    nobody: 403,
    other: 403,
    moderator: 403,
    admin: 403,
    owner: 403,
    given: () => ({ path: { provider: 'resend' } }),
  },
};
