import { defineContext } from '@rookery/application';
import { OwnStories } from './contract';
import { StoriesPersonalData } from './personal-data';
import { SeedStories } from './seed/seed';
import { StorySettings } from './settings';
import { FeedItems } from './storage/feed-items';
import { Highlights, highlightSchema } from './storage/highlights';
import { StoredOwnStories } from './storage/own-stories';
import { People } from './storage/people';
import { Reactions, reactionSchema } from './storage/reactions';
import { Replies, replySchema } from './storage/replies';
import { ResponseCounts } from './storage/response-counts';
import { Stories, storySchema } from './storage/stories';
import { StoryViews } from './storage/story-views';
import { Visibility } from './storage/visibility';
import { StoryFeed } from './views/feed';
import { HighlightViews } from './views/highlight';
import { ReplyViews } from './views/reply';
import { StatsViews } from './views/stats';
import { StoryReader } from './views/story';
import { StoryViewers } from './views/viewer';

/** Stories that expire after a day, their views, reactions and replies, and highlights. */
export const stories = defineContext('stories', __dirname, {
  tags: {
    Stories: 'Publish stories that expire after a day; view, react and reply.',
    Highlights: 'Keep stories after they expire.',
  },
  requires: ['identity', 'media', 'social'],
  schemas: [highlightSchema, reactionSchema, replySchema, storySchema],
  providers: [
    FeedItems,
    HighlightViews,
    Highlights,
    People,
    Reactions,
    Replies,
    ReplyViews,
    ResponseCounts,
    StatsViews,
    Stories,
    StoredOwnStories,
    StoryFeed,
    StoryReader,
    StorySettings,
    StoryViewers,
    StoryViews,
    Visibility,
  ],
  offers: [{ provide: OwnStories, useExisting: StoredOwnStories }],
  personalData: StoriesPersonalData,
  seed: SeedStories,
});
