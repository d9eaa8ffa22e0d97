import { type AccessRows, signedIn } from '@rookery/testing/access';
import { ownComment } from '../../testing';

export const access: AccessRows = {
  getComment: { ...signedIn, given: ownComment },
};
