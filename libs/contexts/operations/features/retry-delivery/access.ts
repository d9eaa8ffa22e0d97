import { type AccessRows, adminOnly } from '@rookery/testing/access';
import { failedDelivery } from '../../testing';

export const access: AccessRows = {
  retryDelivery: { ...adminOnly, given: failedDelivery },
};
