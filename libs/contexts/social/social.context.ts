import * as fixtures from './fixtures';
import { defineContext } from '@rookery/application';
import { HiddenProfiles, Profiles } from '../identity/contract';
import { PostHeadlines, Relations } from './contract';
import { ManageAny } from './model/actor';
import { RelationshipCommands } from './services/relationship-commands';
import { SocialPersonalData } from './personal-data';
import { SeedPosts } from './seed/seed';
import { FeedSettings } from './settings';
import { Comments, commentSchema } from './storage/comments';
import { FeedItems } from './storage/feed-items';
import { LikeCounts } from './storage/like-counts';
import { Likes, likeSchema } from './storage/likes';
import { People } from './storage/people';
import { StoredPostHeadlines } from './storage/post-headlines';
import { PostTags } from './storage/post-tags';
import { Posts, postSchema } from './storage/posts';
import { ProfileCounts } from './storage/profile-counts';
import { Relationships, relationshipSchema } from './storage/relationships';
import { Visibility } from './storage/visibility';
import { CommentViews } from './views/comment';
import { ExcludedUserViews } from './views/excluded';
import { Explore } from './views/explore';
import { Feed } from './views/feed';
import { FollowViews } from './views/follow';
import { LikeViews } from './views/like';
import { PostViews } from './views/post';
import { PostSearch } from './views/post-search';
import { ProfileViews } from './views/profile';
import { Tags } from './views/tag';
import { WordIndex } from './views/word-index';

/** Follows and blocks, posts, comments, feeds. */
export const social = defineContext('social', __dirname, {
  tags: {
    Posts: 'Publish, read, search, change, delete and like posts.',
    Comments: 'Comment on posts.',
    Feed: 'Posts of the users you follow.',
    Relationships: 'Follow, block and mute users.',
  },
  permissions: {
    moderator: [ManageAny.updatePosts, ManageAny.updateComments, ManageAny.deleteComments],
    admin: [ManageAny.deletePosts],
  },
  requires: ['identity'],
  schemas: [commentSchema, likeSchema, postSchema, relationshipSchema],
  providers: [
    Comments,
    CommentViews,
    ExcludedUserViews,
    Explore,
    Feed,
    FeedItems,
    FeedSettings,
    FollowViews,
    LikeCounts,
    LikeViews,
    Likes,
    People,
    PostSearch,
    PostTags,
    PostViews,
    Posts,
    ProfileCounts,
    ProfileViews,
    RelationshipCommands,
    Relationships,
    Tags,
    Visibility,
    WordIndex,
  ],
  offers: [
    { provide: HiddenProfiles, useExisting: Visibility },
    { provide: PostHeadlines, useClass: StoredPostHeadlines },
    { provide: Profiles, useExisting: ProfileViews },
    { provide: Relations, useExisting: Visibility },
  ],
  personalData: SocialPersonalData,
  seed: SeedPosts,
  fixtures,
});
