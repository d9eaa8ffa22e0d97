import { defineRejection } from '@rookery/domain';

export const CannotTargetSelf = defineRejection(
  'social.self',
  'invalid',
  'This is you.',
  'Nobody follows, blocks or mutes themselves: name somebody else.',
  'You cannot do this to yourself',
);

export const TargetBlocked = defineRejection(
  'social.blocked',
  'invalid',
  'You have blocked this user.',
  'Unblock the user first with DELETE /v1/users/{id}/block.',
  'You have blocked this user',
);
