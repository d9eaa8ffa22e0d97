import { type AccessRows, ownerOr } from '@rookery/testing/access';
import { ownComment } from '../../testing';

export const access: AccessRows = {
  updateComment: { ...ownerOr('moderator', 'admin'), given: ownComment },
};
