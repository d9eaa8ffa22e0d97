import { type AccessRows, ownerOnly, signedIn } from '@rookery/testing/access';
import { ownWebhook } from '../../testing';

export const access: AccessRows = {
  listWebhooks: signedIn,
  getWebhook: { ...ownerOnly, given: ownWebhook },
};
