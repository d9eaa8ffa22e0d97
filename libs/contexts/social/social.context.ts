import { defineContext } from '@rookery/application';
import { HiddenProfiles } from '../identity/contract';
import { Wishes } from './access/wishes';
import { People } from './storage/people';
import { Posts, postSchema } from './storage/posts';
import { Relationships, relationshipSchema } from './storage/relationships';
import { Visibility } from './storage/visibility';
import { FollowViews } from './views/follow';
import { PostViews } from './views/post';
import { PostSearch } from './views/post-search';

/** Who reads whom: follows and blocks, posts, comments, feeds. */
export const social = defineContext('social', __dirname, {
  schemas: [postSchema, relationshipSchema],
  providers: [FollowViews, People, PostSearch, PostViews, Posts, Relationships, Visibility, Wishes],
  offers: [{ provide: HiddenProfiles, useExisting: Visibility }],
});
