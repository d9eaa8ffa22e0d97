import { type AccessRows, type Scene, signedIn } from '@rookery/testing/access';
import { ownStory } from '../../testing';

export const access: AccessRows = {
  createHighlight: {
    ...signedIn,
    given: async (scene: Scene) => ({
      body: { name: 'Summer', storyIds: [(await ownStory(scene)).path.id] },
    }),
  },
};
