import { type AccessRows, signedIn } from '@rookery/testing/access';

export const access: AccessRows = {
  setNotificationSettings: {
    ...signedIn,
    given: () => ({ body: { quietHours: null, digest: 'daily', kinds: {} } }),
  },
};
