import { type AccessRows } from '@rookery/testing/access';

/** The token from the mail gives access, whoever the caller is. */
export const access: AccessRows = {
  unsubscribe: {
    nobody: 404,
    other: 404,
    moderator: 404,
    admin: 404,
    owner: 404,
    given: () => ({ path: { token: 'nobody-was-sent-this' } }),
  },
};
