import { type AccessRows, ownerOr } from '@rookery/testing/access';
import { ownPost } from '../../testing';

export const access: AccessRows = {
  updatePost: { ...ownerOr('moderator', 'admin'), given: ownPost },
};
