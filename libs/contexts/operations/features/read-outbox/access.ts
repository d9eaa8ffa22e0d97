import { type AccessRows, adminOnly } from '@rookery/testing/access';

export const access: AccessRows = {
  getOutbox: adminOnly,
};
