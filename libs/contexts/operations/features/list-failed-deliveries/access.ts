import { type AccessRows, adminOnly } from '@rookery/testing/access';

export const access: AccessRows = {
  listFailedDeliveries: { ...adminOnly, given: () => ({ path: { queue: 'mail' } }) },
};
