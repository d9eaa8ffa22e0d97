import { defineRatePolicy } from '@rookery/web';

/** Who brings people into workspaces, by name or by mail. */
export const admitting = defineRatePolicy('workspaces-admit', {
  quota: '60/3600',
  per: ['account'],
  doc: 'Adding and inviting members, per user.',
});
