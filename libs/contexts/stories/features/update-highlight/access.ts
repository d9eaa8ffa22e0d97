import { type AccessRows, ownerOnly } from '@rookery/testing/access';
import { ownHighlight } from '../../testing';

export const access: AccessRows = {
  updateHighlight: {
    ...ownerOnly,
    given: async (scene) => ({ ...(await ownHighlight(scene)), body: { name: 'Winter' } }),
  },
};
