import { type AccessRows, adminOnly } from '@rookery/testing/access';

const given = () => ({ path: { queue: 'caches' } });

export const access: AccessRows = {
  pauseQueue: { ...adminOnly, given },
  resumeQueue: { ...adminOnly, given },
};
