import { defineRatePolicy } from '@rookery/web';
import type { Addressee } from '../model/invite';

/** Rate policy for adding members and sending invites. */
export const admitting = defineRatePolicy('workspaces-admit', {
  quota: '60/3600',
  per: ['account'],
  doc: 'Adding and inviting members, per user.',
});

/** @param body has exactly one of the two fields */
export function addresseeOf({ userId, email }: { userId?: string; email?: string }): Addressee {
  return userId === undefined ? { userId: null, email: email! } : { userId, email: null };
}
