import { type AccessRows, ownerOnly } from '@rookery/testing/access';
import { ownWebhook } from '../../testing';

export const access: AccessRows = {
  updateWebhook: {
    ...ownerOnly,
    given: async (scene) => ({ ...(await ownWebhook(scene)), body: { ordered: true } }),
  },
};
