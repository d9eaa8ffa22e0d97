import { defineRatePolicy } from '@rookery/web';
import type { Addressee } from '../model/invite';

/** Who brings people into workspaces, by name or by mail. */
export const admitting = defineRatePolicy('workspaces-admit', {
  quota: '60/3600',
  per: ['account'],
  doc: 'Adding and inviting members, per user.',
});

/** @param body that has exactly one of them */
export function addresseeOf({ userId, email }: { userId?: string; email?: string }): Addressee {
  return userId === undefined ? { userId: null, email: email! } : { userId, email: null };
}
