import { type AccessRows, ownerOr } from '@rookery/testing/access';
import { ownPost } from '../../testing';

export const access: AccessRows = {
  deletePost: { ...ownerOr('admin'), given: ownPost },
};
