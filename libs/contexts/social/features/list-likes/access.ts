import { type AccessRows, signedIn } from '@rookery/testing/access';
import { ownPost } from '../../testing';

export const access: AccessRows = {
  listLikes: { ...signedIn, given: ownPost },
};
