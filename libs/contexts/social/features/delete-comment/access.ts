import { type AccessRows, ownerOr } from '@rookery/testing/access';
import { ownComment } from '../../testing';

export const access: AccessRows = {
  deleteComment: { ...ownerOr('moderator', 'admin'), given: ownComment },
};
