import { type AccessRows, ownerOnly } from '@rookery/testing/access';
import { ownCategory } from '../../testing';

export const access: AccessRows = {
  updateCategory: { ...ownerOnly, given: ownCategory },
  deleteCategory: { ...ownerOnly, given: ownCategory },
};
