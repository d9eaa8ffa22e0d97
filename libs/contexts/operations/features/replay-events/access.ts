import { type AccessRows, adminOnly } from '@rookery/testing/access';

export const access: AccessRows = {
  replayEvents: {
    ...adminOnly,
    given: () => ({
      body: {
        subscriber: 'identity.send-welcome-mail',
        since: '2020-01-01T00:00:00Z',
        until: '2020-01-02T00:00:00Z',
      },
    }),
  },
};
