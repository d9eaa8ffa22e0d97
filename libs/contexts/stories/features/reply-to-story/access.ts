import { type AccessRows, type Scene, signedIn } from '@rookery/testing/access';
import { ownStory } from '../../testing';

export const access: AccessRows = {
  replyToStory: {
    ...signedIn,
    given: async (scene: Scene) => ({ ...(await ownStory(scene)), body: { text: 'Here too!' } }),
  },
};
