import { type AccessRows, adminOnly } from '@rookery/testing/access';

export const access: AccessRows = {
  redriveQueue: { ...adminOnly, given: () => ({ path: { queue: 'mail' }, body: {} }) },
};
