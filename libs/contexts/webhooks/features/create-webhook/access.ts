import { type AccessRows, signedIn } from '@rookery/testing/access';

export const access: AccessRows = {
  createWebhook: {
    ...signedIn,
    given: () => ({ body: { url: 'https://hooks.example.com/x', events: ['social.user-followed'] } }),
  },
};
