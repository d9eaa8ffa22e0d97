import { type AccessRows } from '@rookery/testing/access';

/** The token in the mail decides, not who calls. */
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
