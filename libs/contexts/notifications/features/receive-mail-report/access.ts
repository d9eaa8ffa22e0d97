import { type AccessRows } from '@rookery/testing/access';

/** No role has access: only the mail provider can sign a report. */
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
