import { defineRejection, Rules } from '@rookery/domain';

export const StoryEmpty = defineRejection(
  'stories.empty',
  'invalid',
  'A story needs a text or a media file.',
  'Send text, mediaKey or both.',
  'Story is empty',
  { path: '', rule: Rules.oneOf, params: { fields: ['text', 'mediaKey'] } },
);

export const AudienceWithoutFriends = defineRejection(
  'stories.audience-without-friends',
  'invalid',
  'An audience requires the visibility "friends".',
  'Omit audienceUserIds, or send "visibility": "friends".',
  'Audience requires visibility friends',
  { path: 'audienceUserIds', rule: Rules.custom, params: { rule: 'audience-without-friends' } },
);

export const NotHighlightable = defineRejection(
  'stories.not-highlightable',
  'invalid',
  'A highlight can hold only your own stories that are still visible.',
  'Omit stories of other users, and stories that have expired or were deleted.',
  'Story cannot be highlighted',
  { path: 'storyIds', rule: Rules.custom, params: { rule: 'own-stories' } },
);

export const TooManyHighlights = defineRejection(
  'stories.too-many-highlights',
  'invalid',
  'You have reached the maximum number of highlights.',
  'Delete a highlight, or add the stories to an existing one.',
  'Too many highlights',
);
