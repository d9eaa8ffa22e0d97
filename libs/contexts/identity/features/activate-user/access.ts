import { type AccessRows, everybody } from '@rookery/testing/access';

export const access: AccessRows = {
  activateUser: { ...everybody, given: () => ({ path: { token: 'unknown' } }) },
};
