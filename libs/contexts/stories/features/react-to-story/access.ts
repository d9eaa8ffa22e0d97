import { type AccessRows, type Scene, signedIn } from '@rookery/testing/access';
import { ownStory } from '../../testing';

export const access: AccessRows = {
  reactToStory: {
    ...signedIn,
    given: async (scene: Scene) => ({ ...(await ownStory(scene)), body: { emoji: '🔥' } }),
  },
  removeReaction: {
    ...signedIn,
    given: async (scene: Scene) => {
      const { path } = await ownStory(scene);
      return { path: { ...path, emoji: encodeURIComponent('🔥') } };
    },
  },
};
