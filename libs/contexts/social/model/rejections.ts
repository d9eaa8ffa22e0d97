import { defineRejection, Rules } from '@rookery/domain';

export const CannotTargetSelf = defineRejection(
  'social.self',
  'invalid',
  'You cannot follow, block or mute yourself.',
  'Choose another user.',
  'You cannot do this to yourself',
  { path: 'id', rule: Rules.custom, params: { rule: 'other-user' } },
);

export const TargetBlocked = defineRejection(
  'social.blocked',
  'invalid',
  'You have blocked this user.',
  'Unblock the user first with DELETE /v1/users/{id}/block.',
  'You have blocked this user',
);

export const TooManyFollowed = defineRejection(
  'social.too-many-followed',
  'conflict',
  'You already follow the maximum number of users.',
  'Unfollow somebody with DELETE /v1/users/{id}/follow.',
  'Too many followed users',
);
