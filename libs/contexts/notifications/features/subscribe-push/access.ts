import { type AccessRows, ownerOnly, signedIn } from '@rookery/testing/access';
import { ownDevice } from '../../testing';

export const access: AccessRows = {
  getPushKey: signedIn,
  listPushSubscriptions: signedIn,
  subscribePush: signedIn,
  unsubscribePush: { ...ownerOnly, given: ownDevice },
};
