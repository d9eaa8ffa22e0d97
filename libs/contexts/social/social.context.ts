import { defineContext } from '@rookery/application';
import { HiddenProfiles } from '../identity/contract';
import { FeedSettings } from './settings';
import { FeedItems } from './storage/feed-items';
import { People } from './storage/people';
import { Posts, postSchema } from './storage/posts';
import { Relationships, relationshipSchema } from './storage/relationships';
import { Visibility } from './storage/visibility';
import { Feed } from './views/feed';
import { PostViews } from './views/post';

/** Who reads whom: follows and blocks, posts, comments, feeds. */
export const social = defineContext('social', __dirname, {
  schemas: [postSchema, relationshipSchema],
  providers: [Feed, FeedItems, FeedSettings, People, PostViews, Posts, Relationships, Visibility],
  offers: [{ provide: HiddenProfiles, useExisting: Visibility }],
});
