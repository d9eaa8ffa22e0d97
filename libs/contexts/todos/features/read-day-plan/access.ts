import { type AccessRows, signedIn } from '@rookery/testing/access';

export const access: AccessRows = {
  getDayPlan: { ...signedIn, given: () => ({ path: { date: '2027-01-31' } }) },
};
