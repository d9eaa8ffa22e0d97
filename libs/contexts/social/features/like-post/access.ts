import { type AccessRows, signedIn } from '@rookery/testing/access';
import { ownPost } from '../../testing';

export const access: AccessRows = {
  likePost: { ...signedIn, given: ownPost },
  unlikePost: { ...signedIn, given: ownPost },
};
