import { type AccessRows, everybody } from '@rookery/testing/access';

const given = () => ({ path: { token: 'nobody-was-sent-this' } });

/** The token from the mail gives access, whoever the caller is. */
export const access: AccessRows = {
  openUnsubscribePage: { ...everybody, given },
  unsubscribe: {
    nobody: 404,
    other: 404,
    moderator: 404,
    admin: 404,
    owner: 404,
    given,
  },
};
