import { defineRejection, Rules } from '@rookery/domain';

export const StoryEmpty = defineRejection(
  'stories.empty',
  'invalid',
  'A story needs a text or a media file.',
  'Send text, mediaKey or both.',
  'Nothing to show',
  { path: '', rule: Rules.oneOf, params: { fields: ['text', 'mediaKey'] } },
);

export const AudienceWithoutFriends = defineRejection(
  'stories.audience-without-friends',
  'invalid',
  'Only a story for friends can have an audience.',
  'Leave audienceUserIds out, or send "visibility": "friends".',
  'Audience without friends',
  { path: 'audienceUserIds', rule: Rules.custom, params: { rule: 'audience-without-friends' } },
);

export const NotHighlightable = defineRejection(
  'stories.not-highlightable',
  'invalid',
  'A highlight holds only stories of your own that can still be seen.',
  'Leave out stories of others and those that have ended or were deleted.',
  'Story cannot be highlighted',
  { path: 'storyIds', rule: Rules.custom, params: { rule: 'own-stories' } },
);

export const TooManyHighlights = defineRejection(
  'stories.too-many-highlights',
  'invalid',
  'You have as many highlights as anybody can have.',
  'Delete a highlight, or add the stories to an existing one.',
  'Too many highlights',
);
